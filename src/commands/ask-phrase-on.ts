import type { AskPhrase } from "../backup/header-phrase.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { askOn } from "../ui/ask.ts";
import { askPhrase } from "../ui/ask-phrase.ts";
import { openConsoles } from "../ui/consoles.ts";

/** Asks at the terminal that the command was started on; fails where there is none. */
export function askPhraseOn(host: Host): AskPhrase {
  return async (what) => {
    const consoles = openConsoles(host, ["/dev/tty"]);
    try {
      if (consoles.paths.length === 0) {
        throw new MondoError("usage", msg`there is no terminal to ask for the pass phrase on`, {
          hint: msg`Name a file that holds it.`,
        });
      }
      return await askPhrase(askOn(consoles), what, (text) => consoles.write(`${text}\n`));
    } finally {
      await consoles.drain(1000);
      consoles.close();
    }
  };
}
