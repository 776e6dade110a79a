import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Host } from "../../../src/host/host.ts";
import { applyEffect } from "../../../src/run/apply-effect.ts";

async function setAside(files: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  const known: Partial<Host> = {
    lstat: (path) => (files.includes(path) ? ({ kind: "file" } as ReturnType<Host["lstat"]>) : undefined),
    readLink: () => undefined,
    rename: (from, to) => void done.push(`${from} → ${to}`),
  };
  const context = { host: known as Host, root: "/r", unpack: async () => undefined, log: () => undefined };
  await applyEffect(context, { do: "setAside", path: "/r/list", to: "/r/list.old" });
  return done;
}

test("applyEffect() of setAside renames a file that is there", async () => {
  assert.equal(await setAside(["/r/list"]), ["/r/list → /r/list.old"]);
});

test("applyEffect() of setAside of a file that isn't there does nothing", async () => {
  assert.equal(await setAside(["/r/other"]), []);
});

test.run();
