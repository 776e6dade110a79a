import { activateOnly } from "./activate-only.ts";
import { compareWithDisks } from "./compare-with-disks.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { editedContext } from "./edited-context.ts";
import { restoreFiles } from "./files/restore-files.ts";
import { restoreInteractively } from "./interactive.ts";
import { restoreUnattended } from "./nuke.ts";
import { editOnly, formatOnly, loaderOnly, mountOnly, partitionOnly } from "./parts.ts";

/** What a restore may be: a whole one, or a part of one. */
export type RestoreMode =
  | ("nuke" | "interactive" | "compare" | "activate" | "files")
  | ("loader" | "partition" | "format" | "mount" | "edit");

/** The modes of the rescue that work with a set, by the words of its boot menu; `activate` is for its shell. */
export const restoreModes: Readonly<Record<RestoreMode, (context: RestoreContext) => Promise<ModeOutcome>>> = {
  nuke: async (context) => restoreUnattended(editedContext(context)),
  interactive: async (context) => restoreInteractively(editedContext(context)),
  compare: async (context) => compareWithDisks(editedContext(context)),
  files: async (context) => restoreFiles(context),
  loader: async (context) => loaderOnly(editedContext(context)),
  partition: async (context) => partitionOnly(editedContext(context)),
  format: async (context) => formatOnly(editedContext(context)),
  mount: async (context) => mountOnly(editedContext(context)),
  edit: async (context) => editOnly(editedContext(context)),
  activate: async (context) => activateOnly(editedContext(context)),
};
