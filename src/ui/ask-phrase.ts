import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import type { Ask } from "./ask.ts";

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
      check: (line) => (line === "" && !previous ? msg`Please type a pass phrase.` : undefined),
    });
    if (first === "" && previous) return previous;
    if ((await ask.line(msg`The same again`, { secret: true })) === first) return Secret.ofText(first);
    complain(msg`The two were not the same.`);
  }
}
