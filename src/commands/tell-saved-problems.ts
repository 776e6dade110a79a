import type { Problem } from "../archive/entry.ts";
import { countProblems, describeProblems, isIncomplete } from "../archive/set/saved-problems.ts";
import { msg } from "../base/message.ts";
import type { CommandContext } from "./command.ts";
import { tellerOf } from "./set-words.ts";

/**
 * Says in one line what the backup could not save as it was, when it was made. Returns the exit status: 3 when files
 * are lost or not as they were, 0 when there are notes at most.
 */
export function tellSavedProblems(context: CommandContext, problems: readonly Problem[]): 0 | 3 {
  const counts = countProblems(problems);
  const [first = "SET"] = context.words.operands;
  const place = context.setName ?? first;
  const text = describeProblems(counts, msg`"mondo list ${place} --problems" names each`);
  if (text !== undefined) tellerOf(context).finding("saved-problems", counts, text);
  return isIncomplete(counts) ? 3 : 0;
}
