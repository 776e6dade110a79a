/** Ways to say what is kept, and how it is shown: words, answers, options, lines and the table of the screens. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import type { KeepWish } from "../../../src/layout/keep/keep-wish.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { decodeAnswers } from "../../../src/restore/answers.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { describeDestruction, type Ready } from "../../../src/restore/prepare.ts";
import { previewRestore } from "../../../src/restore/preview.ts";
import { disksScreen } from "../../../src/restore/restore-screens.ts";
import { fakeHost } from "../../support/fake-host.ts";

const file = join(import.meta.dirname, "../../machines/bios-lvm-cache/facts.json");
const facts = JSON.parse(readFileSync(file, "utf8")) as Facts;
const layout = layoutFrom(facts);

function preview(keep: KeepWish): Ready {
  return previewRestore(fakeHost(), facts, { layout, set: "s", chosen: {}, resize: true, partition: true, keep });
}

const context = { manifest: { layout, host: { name: "web1" } } } as unknown as RestoreContext;

test("what is kept is said before what is erased, and is not among that", () => {
  const lines = describeDestruction(context, preview("auto"));
  assert.match(
    lines[0] ?? "",
    /^KEPT: {3}\/dev\/vdb, 900 MiB, serial MONDO-SLOW: \/srv, \/home; nothing is written to it$/,
  );
  assert.match(lines[1] ?? "", /^KEPT: {3}\/dev\/vdc, 200 MiB, serial MONDO-FAST: \/srv, \/home;/);
  assert.equal(
    lines.flatMap((line) => /^ERASED: (\S+),/.exec(line)?.[1] ?? []),
    ["/dev/vda"],
  );
});

test("with nothing kept all disks are erased, and a note says which could be kept", () => {
  const lines = describeDestruction(context, preview("none"));
  assert.not.ok(lines.some((line) => line.startsWith("KEPT")));
  assert.is(lines.filter((line) => line.startsWith("ERASED")).length, 3);
  assert.ok(
    lines.some((line) => /^Note: \/srv, \/home .* is on \/dev\/vdb, \/dev\/vdc still, and could be kept/.test(line)),
  );
});

test("the table of disks shows a kept one as that, not as done without", () => {
  const [table] = disksScreen(context, preview("auto"), []).body;
  const rows = table?.kind === "table" ? table.rows : [];
  assert.equal(
    rows.map(([, becomes]) => becomes),
    ["/dev/vda, 3.0 GiB", "/dev/vdb, kept as it is", "/dev/vdc, kept as it is"],
  );
});

test("the boot word takes auto, none and names; what is misspelt is a name that nothing has", () => {
  assert.is(parseBootOptions("nuke mondo.keep=auto").keep, "auto");
  assert.equal(parseBootOptions("nuke mondo.keep=/srv,sdb").keep, ["/srv", "sdb"]);
  assert.is(parseBootOptions("nuke").keep, undefined);
  assert.equal(parseBootOptions("nuke mondo.keep=").keep, [""]);
  assert.equal(parseBootOptions("nuke mondo.keep=Auto").keep, ["Auto"]);
});

test("files that are restored into what is kept are said wherever that is", () => {
  const ready = preview(["/home=files"]);
  const lines = describeDestruction(context, ready);
  assert.match(lines[0] ?? "", /MONDO-SLOW: \/srv, \/home; files of the backup are restored into \/home$/);
  assert.not.ok(lines.some((line) => /nothing is written/.test(line)));
  const [table] = disksScreen(context, ready, []).body;
  const rows = table?.kind === "table" ? table.rows : [];
  assert.equal(rows[1]?.slice(1), ["/dev/vdb, kept", "all that was on it is here; files are restored into /home"]);
});

test("answers take auto, none and a list that isn't empty", () => {
  const answers = (keep: unknown) => decodeAnswers(JSON.stringify({ version: 1, keep }), "answers").keep;
  assert.equal([answers("auto"), answers("none"), answers(["/srv=files"])], ["auto", "none", ["/srv=files"]]);
  assert.is(answers("auto=files"), "auto=files");
  for (const bad of ["all", "offer", [], [""], [1], true, {}]) {
    try {
      answers(bad);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, MondoError);
      assert.match((error as MondoError).message, /^answers holds no answers that this version understands: keep/);
    }
  }
});

test.run();
