import { test } from "uvu";
import * as assert from "uvu/assert";
import { roles, type Start } from "../../../src/commands/roles.ts";

const roleOf = (start: Partial<Start>) =>
  roles.find(({ isMeant }) => isMeant({ called: "mondo", words: [], isPid1: false, ...start }))?.name;

const starts: readonly (readonly [start: Partial<Start>, role: string | undefined])[] = [
  [{ called: "init", words: ["resolve-task", "nas"] }, "resolve-task"],
  [{ called: "init", words: ["device-links-task"] }, "device-links-task"],
  [{ called: "init", words: ["remote-task"] }, "remote-task"],
  [{ called: "init", words: ["mount-task"], isPid1: true }, "init"],
  [{ called: "mondo", isPid1: true }, "init"],
  [{ called: "init" }, "init"],
  [{ called: "poweroff" }, "reboot, poweroff, halt"],
  [{ called: "modprobe", words: ["-q", "fs-xfs"] }, "modprobe"],
  [{ words: ["archive", "mount-task"] }, undefined],
  [{ words: ["reboot"] }, undefined],
  [{ called: "mondorestore" }, undefined],
];
for (const [start, role] of starts) {
  test(`${JSON.stringify(start)} is ${role ?? "a command"}`, () => assert.is(roleOf(start), role));
}

test("every role has a name of its own, and says what it does", () => {
  assert.is(new Set(roles.map(({ name }) => name)).size, roles.length);
  for (const { does } of roles) assert.ok(does.length > 0);
});

test.run();
