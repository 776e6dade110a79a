import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { standardOutput } from "../../host/standard-streams.ts";
import { openConsoles } from "../../ui/consoles.ts";
import { UIS } from "../../ui/screens/which-ui.ts";
import { answering, isUnattended } from "../answer-options.ts";
import type { CommandContext } from "../command.ts";
import { seatPerson } from "../person-on-screens.ts";
import { askBackup, type DecidedBackup } from "./ask-backup.ts";
import { askingKeys } from "./asking-options.ts";

/** Whether nothing is said of a backup, so that it is asked for. Throws `usage` for a mixture. */
export function saysNothing({ words: { flags, values, lists } }: Pick<CommandContext, "words">): boolean {
  const keys = [...flags, ...values.keys(), ...lists.keys()];
  const asking = keys.find((key) => askingKeys.has(key));
  const other = keys.find((key) => !askingKeys.has(key));
  if (asking !== undefined && other !== undefined) {
    throw new MondoError("usage", msg`--${asking} is for questions, and --${other} says what to do`, {
      hint: msg`Leave one of them out.`,
    });
  }
  return other === undefined;
}

/** How the questions ended: decided, left, or there was nobody to ask. */
export type AskedBackup = DecidedBackup | "left" | "nobody";

/** Asks whoever started the command, on their terminal, or takes the answers of a file. */
export async function askOnTerminal(context: CommandContext): Promise<AskedBackup> {
  const { host, words, reporter } = context;
  const wish = UIS.find((one) => one === words.values.get("ui"));
  if (words.values.has("ui") && wish === undefined) {
    throw new MondoError("usage", msg`--ui is not ${words.values.get("ui")}`, {
      hint: msg`Give ${UIS.join(msg` or `)}.`,
    });
  }
  const consoles = openConsoles(host, standardOutput.isTerminal ? ["/dev/tty"] : []);
  try {
    const isAnybody = consoles.paths.length > 0;
    if (!isAnybody && !words.values.has("answers") && !isUnattended(words)) return "nobody";
    const ui = isUnattended(words) || !isAnybody ? "plain" : wish;
    const seat = await seatPerson(host, consoles, reporter, "mondo archive", ui);
    const answers = answering(host, words, isAnybody ? seat.ask : undefined, reporter.warn);
    try {
      const { info, warn } = seat.reporter;
      return (await askBackup({ host, ask: answers.ask, say: info, warn })) ?? "left";
    } finally {
      seat.close();
      answers.save();
    }
  } finally {
    await consoles.drain(1000);
    consoles.close();
  }
}
