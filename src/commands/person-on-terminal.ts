import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { Secret } from "../base/secret.ts";
import type { Host } from "../host/host.ts";
import type { SharePerson } from "../shares/share-driver.ts";
import { type Ask, askOn } from "../ui/ask.ts";
import { openConsoles } from "../ui/consoles.ts";

/** Asks on the terminal that the command was started on; `undefined` when there is none. */
async function onTerminal<T>(host: Host, question: (ask: Ask) => Promise<T>): Promise<T | undefined> {
  const consoles = openConsoles(host, ["/dev/tty"]);
  try {
    return consoles.paths.length === 0 ? undefined : await question(askOn(consoles));
  } finally {
    await consoles.drain(1000);
    consoles.close();
  }
}

/** Asks yes or no on the terminal that the command was started on; undefined where there is none. */
export const confirmOn =
  (host: Host) =>
  (text: string, initial?: boolean): Promise<boolean | undefined> =>
    onTerminal(host, (ask) => ask.confirm(text, initial));

/**
 * Whoever started the command, if there is a terminal. Without one, `confirm` says no and the other questions throw
 * `usage`.
 */
export function personOnTerminal(host: Host): SharePerson {
  const line = async (text: string, secret: boolean): Promise<string> => {
    const answer = await onTerminal(host, (ask) => ask.line(text, { secret }));
    if (answer !== undefined) return answer;
    throw new MondoError("usage", msg`${text} is wanted, and there is no terminal to ask on`, {
      hint: msg`Give a file with --credentials, or let an SSH server know a key of this machine (ssh-copy-id).`,
    });
  };
  return {
    confirm: async (text) => (await onTerminal(host, (ask) => ask.confirm(text))) ?? false,
    line: (text) => line(text, false),
    secret: async (text) => Secret.ofText(await line(text, true)),
    tell: (text) => host.poke("/dev/tty", printable(`${text}\n`)),
  };
}
