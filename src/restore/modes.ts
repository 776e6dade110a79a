import { compareWithDisks } from "./compare.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { restoreInteractively } from "./interactive.ts";
import { restoreUnattended } from "./nuke.ts";

/** The modes of the rescue that work with a set, by the words of its boot menu. */
export const restoreModes: Readonly<
  Record<"nuke" | "interactive" | "compare", (context: RestoreContext) => Promise<ModeOutcome>>
> = {
  nuke: restoreUnattended,
  interactive: restoreInteractively,
  compare: compareWithDisks,
};
