import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Layout } from "../layout/types.ts";
import { applyEdits } from "../plan/edit/apply-edit.ts";
import type { Edit } from "../plan/edit/edit.ts";
import { encodeEdits } from "../plan/edit/edit.ts";
import { editFromWord } from "../plan/edit/word-edits.ts";
import { editsIn } from "../restore/edits-in.ts";
import type { ParsedWords } from "./parse.ts";
import type { OptionSpec } from "./spec.ts";

/** `--edit` and `--set`. */
export const editOptions: readonly OptionSpec[] = [
  {
    long: "edit",
    value: "FILE",
    many: true,
    completes: "file",
    help: msg`restore another layout: with the changes that FILE holds, as --save-edits writes it, or as a mountlist.txt says; may be given several times`,
  },
  {
    long: "set",
    value: "NODE.KEY=VALUE",
    many: true,
    help: msg`one such change, after those of --edit: root.type=xfs, home.size=50% (mondo help edit); may be given several times`,
  },
];

/** `--save-edits`. */
export const saveEditsOption: OptionSpec = {
  long: "save-edits",
  value: "FILE",
  completes: "file",
  help: msg`write the changes to FILE, for --edit and the rescue system`,
};

/** The changes that a command line asks for, in the order in which they are done. `saved` is what they change. */
export function editsOf(host: Host, words: ParsedWords, saved: Layout): Edit[] {
  const files = words.lists.get("edit") ?? [];
  const edits: Edit[] = [];
  // A mountlist changes what the files before it have left.
  for (const path of files) edits.push(...editsIn(host, path, applyEdits(saved, edits).layout));
  return [...edits, ...(words.lists.get("set") ?? []).map(editFromWord)];
}

/** Writes the changes where `--save-edits` says. */
export function saveEdits(host: Host, words: ParsedWords, edits: readonly Edit[]): void {
  const path = words.values.get("save-edits");
  if (path !== undefined) host.write(path, encodeEdits(edits), 0o644);
}
