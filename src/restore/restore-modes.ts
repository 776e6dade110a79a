import { activateOnly } from "./activate-only.ts";
import { compareWithDisks } from "./compare-with-disks.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { editedContext } from "./edited-context.ts";
import { restoreFiles } from "./files/restore-files.ts";
import { restoreInteractively } from "./interactive.ts";
import { restoreUnattended } from "./nuke.ts";

/** The modes of the rescue that work with a set, by the words of its boot menu; `activate` is for its shell. */
export const restoreModes: Readonly<
  Record<"nuke" | "interactive" | "compare" | "activate" | "files", (context: RestoreContext) => Promise<ModeOutcome>>
> = {
  nuke: async (context) => restoreUnattended(editedContext(context)),
  interactive: async (context) => restoreInteractively(editedContext(context)),
  compare: async (context) => compareWithDisks(editedContext(context)),
  files: async (context) => restoreFiles(context),
  activate: async (context) => activateOnly(editedContext(context)),
};
