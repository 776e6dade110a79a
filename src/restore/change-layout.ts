import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type ChosenDisks, findPlan } from "./choose-disks.ts";
import type { RestoreContext } from "./context.ts";
import { editByQuestions } from "./edit-by-questions.ts";
import { editedContext } from "./edited-context.ts";
import { lookAtDisks, type Ready } from "./prepare.ts";

/** A restore as it stands in the questions. */
interface Standing {
  readonly context: RestoreContext;
  readonly ready: Ready;
  readonly chosen: ChosenDisks;
}

/**
 * A plan for the layout as a person changes it. Where the system would not work with that, says why and lets them go on
 * with their changes; the plan before, where they take them back.
 */
export async function changeLayout(before: Standing): Promise<Standing> {
  const { context, chosen } = before;
  const { manifest, unedited = manifest.layout, edits = [], reporter } = context;
  let last = edits;
  for (;;) {
    const wanted = await editByQuestions(context, unedited, edits, last);
    if (JSON.stringify(wanted) === JSON.stringify(edits)) return before;
    try {
      const edited = editedContext(context, wanted);
      return { context: edited, ...(await findPlan(edited, await lookAtDisks(edited), chosen)) };
    } catch (error) {
      if (!(error instanceof MondoError) || error.code === "cancelled") throw error;
      reporter.warn(msg`Not possible: ${messageOf(error)}.${error.hint === undefined ? "" : ` ${error.hint}`}`);
      last = wanted;
    }
  }
}
