import { isFault, MondoError, messageOf, sentenceOf, traceOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { printable } from "../../base/printable.ts";
import { LOG_PATH, tailOf } from "../../ui/rescue-log.ts";
import type { Rescue } from "../rescue.ts";

/**
 * Shows what went wrong, what to do now, and the end of the log; a bug's stack trace goes to the log only. A question
 * follows: full screens are opened first, for they show only what is said while they are there.
 */
export async function explainFailure(
  { consoles, host, log, screens }: Pick<Rescue, "consoles" | "host" | "log" | "screens">,
  what: string,
  error: unknown,
): Promise<void> {
  await screens?.ready();
  const hint = error instanceof MondoError ? error.hint : undefined;
  const trace = isFault(error) ? `\n${traceOf(error)}` : "";
  const before = tailOf(host, LOG_PATH, 6);
  log(`${what} failed: ${messageOf(error)}${trace}`);
  const lines = [
    `\n! ${what}: ${sentenceOf(error)}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
    msg`\nThe log before that (all of it: ${LOG_PATH}):`,
    ...before.map((line) => `  | ${line.slice(0, 150)}`),
  ];
  consoles.write(printable(`${lines.join("\n")}\n`));
}
