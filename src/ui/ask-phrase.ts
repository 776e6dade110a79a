import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import type { About, Ask } from "./ask.ts";

const STARS = msg`What is typed is shown as stars; it is neither saved nor logged.`;

/** A pass phrase that is to open something from now on. */
const NEW_PHRASE: About = {
  title: msg`A pass phrase`,
  help: [
    STARS,
    msg`It is asked for twice: a typing error would lock you out. Without it nobody gets at the data again.`,
  ],
};

/** A pass phrase that opens something that is there. */
export const KNOWN_PHRASE: About = {
  title: msg`A pass phrase`,
  help: [STARS, msg`One that opens nothing is asked for again. Esc goes back.`],
};

/** Asks twice, without echo: a typing error would lock the owner out. An empty line takes `previous` again. */
export async function askPhrase(
  ask: Ask,
  text: string,
  complain: (text: string) => void,
  previous?: Secret,
): Promise<Secret> {
  const tail = previous ? msg` (Enter: the same as before)` : "";
  for (;;) {
    const first = await ask.line(`${text}${tail}`, {
      secret: true,
      about: NEW_PHRASE,
      check: (line) => (line === "" && !previous ? msg`Please type a pass phrase.` : undefined),
    });
    if (first === "" && previous) return previous;
    if ((await ask.line(msg`The same again`, { secret: true, about: NEW_PHRASE })) === first)
      return Secret.ofText(first);
    complain(msg`The two were not the same.`);
  }
}
