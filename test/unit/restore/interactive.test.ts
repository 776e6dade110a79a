/**
 * The restore with questions, up to the one before the first write: which disks are offered, and what becomes of the
 * answers.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { restoreInteractively } from "../../../src/restore/interactive.ts";
import type { Choice } from "../../../src/ui/ask.ts";
import { cachedLayout } from "../../support/cached-layout.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

const GIB = 1 << 30;

/** Disks that begin with what no decoder knows. */
const written = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [`/dev/${name}`, "holiday".repeat(100)]));

/** What was asked, with the choices, and what was said, when the answers are given in turn. */
async function talk(
  disks: Readonly<Record<string, number>>,
  answers: string[],
  held: readonly string[] = [],
  wishes: Partial<RestoreContext> = {},
) {
  const asked: { text: string; choices: readonly Choice[] }[] = [];
  const said: string[] = [];
  const warned: string[] = [];
  const [info, warn] = [said, warned].map((list) => (text: string) => void list.push(text));
  const reporter = { ...silentReporter, info, warn };
  const host = {
    ...fakeHost({
      files: { ...blankDisks(disks), ...written(held) },
      run: async () => ({ code: 0, stdout: "", stderr: "" }),
    }),
    which: (tool: string) => `/sbin/${tool}`,
  };
  const ask = {
    async menu(text: string, choices: readonly Choice[]) {
      asked.push({ text, choices });
      const answer = answers.shift();
      assert.ok(
        choices.some(({ key }) => key === answer),
        `${answer} is offered: ${text}`,
      );
      return answer;
    },
    async confirm(text: string) {
      asked.push({ text, choices: [] });
      return answers.shift() === "yes";
    },
  };
  const manifest = { set: "s", layout: cachedLayout(), created: 0, host: { name: "web1", os: "Debian" } };
  const place = { carriers: [], root: "/mnt/restore", firmware: "bios" };
  const context = { host, reporter, ask, manifest: { ...manifest, entries: 1, contentBytes: 1 }, ...place, ...wishes };
  const outcome = await restoreInteractively(context as unknown as RestoreContext);
  return { asked, said, warned, outcome, left: answers };
}

test("restoreInteractively() offers to do without the disk of a cache, and of no other, and gives it up when told so", async () => {
  // Two that would do equally: a person has to choose.
  const { asked, said, outcome, left } = await talk({ vda: 8 * GIB, vdb: 8 * GIB }, ["/dev/vdb", "none", "back"]);
  assert.equal([outcome, left], ["stopped", []]);
  assert.match(asked[0]?.text ?? "", /^Which disk shall become \/dev\/sda, 8\.0 GiB/);
  assert.equal(
    asked[0]?.choices.map(({ key }) => key),
    ["/dev/vda", "/dev/vdb"],
  );
  assert.match(asked[1]?.text ?? "", /^Which disk shall become \/dev\/sdb, 2\.0 GiB/);
  assert.equal(
    asked[1]?.choices.map(({ key, label }) => [key, label.replace(/;.*/, "")]),
    [
      ["/dev/vda", "/dev/vda, 8.0 GiB"],
      ["none", "None: do without the cache fast of /dev/vg0/data"],
    ],
  );
  assert.equal(
    said.filter((line) => line.startsWith("ERASED")).map((line) => line.replace(/,.*/, "")),
    ["ERASED: /dev/vdb"],
  );
  assert.match(
    said.join("\n"),
    /^Note: the cache fast of \/dev\/vg0\/data is given up: no disk here takes the place of/m,
  );
});

test("restoreInteractively() gives the cache another disk when that was chosen", async () => {
  const { said } = await talk({ vda: 8 * GIB, vdb: 8 * GIB }, ["/dev/vdb", "/dev/vda", "back"]);
  assert.equal(said.filter((line) => line.startsWith("ERASED")).length, 2);
  assert.not.match(said.join("\n"), /is given up/);
});

test("restoreInteractively() doesn't ask for the disk of a cache where no disk is left", async () => {
  const { asked, said } = await talk({ vda: 9 * GIB }, ["disks", "/dev/vda", "back"]);
  assert.equal(
    asked.map(({ text }) => text.replace(/, .*/, "")),
    ["Restore like this?", "Which disk shall become /dev/sda", "Restore like this?"],
  );
  assert.match(said.join("\n"), /cache fast of \/dev\/vg0\/data is given up/);
});

test("restoreInteractively() gives up what a disk holds only when that is said of this disk", async () => {
  const answers = ["/dev/vda", "no", "/dev/vda", "yes", "back"];
  const { asked, said, left } = await talk({ vda: 8 * GIB }, answers, ["vda"]);
  assert.equal(left, []);
  const text = "/dev/vda holds what is not of the backup (something that this version doesn't know).";
  assert.equal(
    asked.filter(({ choices }) => choices.length === 0).map((one) => one.text),
    Array(2).fill(`${text} Is all of it to be lost?`),
  );
  assert.match(said.join("\n"), /ERASED: \/dev\/vda/);
});

test("restoreInteractively() undoes the last choice of disks, and the one before it", async () => {
  const disks = { vda: 8 * GIB, vdb: 2 * GIB, vdc: 12 * GIB, vdd: 16 * GIB };
  const [first, second] = [
    ["disks", "/dev/vdc", "/dev/vdb"],
    ["disks", "/dev/vdd", "/dev/vdb"],
  ];
  const { asked, said, outcome, left } = await talk(disks, [...first, ...second, "undo", "undo", "back"]);
  assert.equal([outcome, left], ["stopped", []]);
  const erased = said.flatMap((line) => /^ERASED: (\/dev\/vd[acd])/.exec(line)?.[1] ?? []);
  assert.equal(erased, ["/dev/vda", "/dev/vdc", "/dev/vdd", "/dev/vdc", "/dev/vda"]);
  const isOffered = asked
    .filter(({ text }) => text === "Restore like this?")
    .map(({ choices }) => choices.some(({ key }) => key === "undo"));
  assert.equal(isOffered, [false, true, true, true, false]);
});

test("restoreInteractively() says what can't be kept by name, and goes on with what can", async () => {
  const { asked, warned, outcome } = await talk({ vda: 9 * GIB }, ["back"], [], { keep: ["/nowhere"] });
  assert.is(outcome, "stopped");
  assert.equal(
    asked.map(({ text }) => text),
    ["Restore like this?"],
  );
  assert.match(
    warned.join("\n"),
    /^Not possible: "\/nowhere" is to be kept, but is no mount point .* offered instead$/m,
  );
});

test.run();
