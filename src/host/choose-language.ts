/**
 * Imported first: sentences that stand in tables are told while modules are loaded. The catalog of a language is loaded
 * by those alone who read it.
 */
import { asciiOf, consoleLettersOf, languageWish } from "../base/language.ts";
import { tellIn } from "../base/message.ts";

const SHOWN = { all: undefined, console: consoleLettersOf, ascii: asciiOf } as const;

const wish = languageWish(process.env);
if (wish?.language === "fr") {
  const texts = require("../languages/fr.json") as Readonly<Record<string, string>>;
  const stored = require("../languages/stored.json") as Readonly<Record<string, readonly number[]>>;
  const shown = SHOWN[wish.letters];
  tellIn({ language: "fr", texts, stored, ...(shown ? { shown } : {}) });
}
