/** Which language a person reads, and what their terminal shows of it. Pure. */

/** Those that there are sentences in, as ISO 639-1 has them. */
export const LANGUAGES = ["en", "fr"] as const;

/** One of them. */
export type Language = (typeof LANGUAGES)[number];

/** What is asked for: the language, and whether letters beyond ASCII can be shown. */
export interface LanguageWish {
  /** As ISO 639-1 has it: `fr`. */
  readonly language: string;
  readonly letters: "all" | "console" | "ascii";
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOCALE = /^([a-z]{2})(?:_[A-Z]{2})?(?:\.([\w-]+))?(?:@\w+)?$/;

const localeOf = (env: Environment): string | undefined =>
  [env.LC_ALL, env.LC_MESSAGES, env.LANG].find((value) => value !== undefined && value !== "");

/**
 * From the environment of a program, where locale(7) names it by LC_ALL, LC_MESSAGES or LANG. The kernel hands the boot
 * word `lang=fr` to its first program as a variable, which comes first: kernel's consoles take UTF-8, and have the
 * letters of code page 437. Undefined: nothing is asked for.
 */
export function languageWish(env: Environment): LanguageWish | undefined {
  const boot = LOCALE.exec(env.lang ?? "");
  const [, language, codeset] = boot ?? LOCALE.exec(localeOf(env) ?? "") ?? [];
  if (language === undefined) return undefined;
  if (codeset === undefined) return { language, letters: boot ? "console" : "ascii" };
  if (!/^utf-?8$/i.test(codeset)) return { language, letters: "ascii" };
  return { language, letters: boot ? "console" : "all" };
}

/** Letters of code page 437 that words are written with. Source: the table of its name at unicode.org. */
const CODE_PAGE_437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜáíóúñÑªº¿«»°";

const PLAIN: Readonly<Record<string, string>> = {
  ...{ œ: "oe", Œ: "OE", æ: "ae", Æ: "AE", "’": "'", "…": "...", "–": "-", "—": "-", "→": "->", "·": "-", "×": "x" },
  ...{ "\u00a0": " ", "«": '"', "»": '"', "°": "o" },
};

/** A letter without its marks. */
const plain = (letter: string): string => PLAIN[letter] ?? letter.normalize("NFD").replace(/\p{M}/gu, "");

/** A text with ASCII alone: letters lose their marks, quotes become those of typewriters. */
export const asciiOf = (text: string): string =>
  text.replace(/«\u00a0|\u00a0»/g, '"').replace(/[^\0-\x7f]/gu, (letter) => plain(letter));

/** A text with the letters that a console of the kernel has in its font. */
export const consoleLettersOf = (text: string): string =>
  text.replace(/[\u00c0-\u017f]/gu, (letter) => (CODE_PAGE_437.includes(letter) ? letter : plain(letter)));

/** The language that a machine is set to. Source: locale.conf(5); Debian has /etc/default/locale. */
export function languageOfMachine(host: { tryReadText(path: string): string | undefined }): Language {
  const files = ["/etc/locale.conf", "/etc/default/locale"].map((path) => host.tryReadText(path) ?? "");
  const found = /^\s*(?:LC_ALL|LC_MESSAGES|LANG)=["']?([\w.@-]+)/m.exec(files.join("\n"))?.[1];
  const language = languageWish({ LANG: found })?.language;
  return LANGUAGES.find((known) => known === language) ?? "en";
}

/** The boot word `lang=`, for the environment of another program. */
export const bootLanguage = ({ lang }: Environment): { readonly lang?: string } => (lang === undefined ? {} : { lang });

/** What an environment says of the language, for this program as a child of its own in another environment. */
export function sameLanguage(env: Environment): Readonly<Record<string, string>> {
  const locale = localeOf(env);
  return { ...bootLanguage(env), ...(locale === undefined ? {} : { LC_ALL: locale }) };
}
