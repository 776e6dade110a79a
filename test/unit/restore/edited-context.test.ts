/** A restore with another layout: what comes of edits before anything is written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Layout } from "../../../src/layout/types.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import { lackingFlaws } from "../../../src/plan/edit/needed-files.ts";
import { editFromWord } from "../../../src/plan/edit/word-edits.ts";
import { decodeAnswers } from "../../../src/restore/answers.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { editByQuestions } from "../../../src/restore/edit-by-questions.ts";
import { editedContext } from "../../../src/restore/edited-context.ts";
import type { Choice } from "../../../src/ui/ask.ts";

const saved = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-gpt-ext4/layout.json"), "utf8"),
) as Layout;

function contextWith(extra: Partial<RestoreContext>) {
  const warned: string[] = [];
  const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
  const manifest = { layout: saved, state: "complete", catalog: { name: "not-there" }, host: { name: "web1" } };
  return { warned, context: { reporter, manifest, setDirectory: "/nowhere", ...extra } as unknown as RestoreContext };
}

test("edits of the answers change the layout that is restored, and the saved one is kept", () => {
  const text = JSON.stringify({ version: 1, edits: [{ do: "format", node: "root", type: "xfs" }] });
  const { context } = contextWith({ answers: decodeAnswers(text, "web1.json") });
  const edited = editedContext(context);
  assert.is(nodesOf(edited.manifest.layout, "filesystem").find(({ uuid }) => uuid?.endsWith("105"))?.type, "xfs");
  assert.is(edited.unedited, saved);
  assert.is(editedContext(edited, []).manifest.layout, saved, "all taken back");
  assert.is(editedContext(edited, []).unedited, undefined);
});

test("answers with an edit that is none are refused, naming it", () => {
  const text = JSON.stringify({ version: 1, edits: [{ do: "format", node: "root" }] });
  assert.throws(() => decodeAnswers(text, "web1.json"), /web1\.json .*edits\.0\.type/);
});

test("a layout that would not work is refused before anything is looked at", () => {
  const { context } = contextWith({ edits: [editFromWord("root.type=vfat")] });
  assert.throws(
    () => editedContext(context),
    (error: MondoError) => error instanceof MondoError && error.code === "refused" && /no owners/.test(error.message),
  );
});

test("what the saved system lacks for the edits is told: tools stop, others are a doubt", () => {
  const words = ["vdb.disk=like:vda", "root.raid=raid1:vdb5", "root.lvm=vg0/root", "root.type=xfs"];
  const { context, warned } = contextWith({ edits: words.map(editFromWord) });
  const { layout } = editedContext(context).manifest;
  assert.ok(
    warned.some((text) => /can't be seen/.test(text)),
    "its catalog is not there",
  );
  const all = new Set([
    ...["/usr/sbin/mdadm", "/usr/sbin/lvm", "/usr/sbin/xfs_repair"],
    ...["/usr/share/initramfs-tools/hooks/mdadm", "/usr/share/initramfs-tools/hooks/lvm2"],
    "/lib/modules/6.1.0-56-amd64/kernel/fs/xfs/xfs.ko",
  ]);
  assert.equal(
    lackingFlaws(saved, layout, (path) => all.has(path)),
    [],
  );
  const weights = lackingFlaws(saved, layout, () => false).map(({ about, weight }) => `${about} ${weight}`);
  assert.equal(weights, [
    ...["arrays stops", "arrays stops", "logical volumes stops", "logical volumes stops", "xfs doubt", "xfs doubt"],
  ]);
});

/** The editor with these answers in turn; what it returned and said. */
async function talk(...answers: string[]) {
  const said: string[] = [];
  const files = new Map<string, string>();
  const note = (text: string) => void said.push(text);
  const next = () => answers.shift() ?? "done";
  const ask = {
    async menu(text: string, choices: readonly Choice[]) {
      const answer = next();
      assert.ok(
        choices.some(({ key }) => key === answer),
        `${answer} is offered: ${text}`,
      );
      return answer;
    },
    line: async () => next(),
  };
  const host = {
    write: (path: string, text: string) => void files.set(path, text),
    stat: (path: string) => (files.has(path) ? { kind: "file", sizeBytes: files.get(path)?.length } : undefined),
    readText: (path: string) => files.get(path),
  };
  const context = { ask, host, reporter: { ...silentReporter, info: note, warn: note } } as unknown as RestoreContext;
  const edits = await editByQuestions(context, saved, []);
  return { edits, said, left: answers };
}

test("a person changes the layout by questions, takes back, saves and loads", async () => {
  const { edits, said, left } = await talk(
    ...["change", "/", "type", "xfs"],
    ...["change", "a further disk", "vdb", "like:vda"],
    ...["change", "/dev/vda6", "remove", "undo", "redo", "undo"],
    ...["save", "/tmp/e.json", "reload", "load", "/tmp/e.json"],
    ...["change", "/boot", "size", "many"],
    ...["change", "/boot", "type", "xfs"],
    ...["load", "/tmp/none.json", "done"],
  );
  assert.equal(left, []);
  assert.equal(
    edits.map(({ do: what }) => what),
    ["format", "add-disk"],
  );
  for (const words of ['"many" is not a size', "too few for xfs", "/tmp/none.json is not there", "2 changes are in"]) {
    assert.ok(
      said.some((text) => text.includes(words)),
      words,
    );
  }
});

test.run();
