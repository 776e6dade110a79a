/** How a person is asked: on full screens, or by lines that also suit a log and a braille display. */
export type Ui = "full" | "plain";

/** Both, for options and boot words. */
export const UIS: readonly Ui[] = ["full", "plain"];

/** Terminals that move their cursor as ECMA-48 says. */
const CAPABLE =
  /^(linux|vt[1-5]\d\d|xterm|screen|tmux|rxvt|konsole|alacritty|foot|kitty|ghostty|wezterm|st|putty|ansi)\b/;

/** What is known of the place where a person may sit. */
export interface Seat {
  /** TERM; undefined: not known. */
  readonly term: string | undefined;
  /** Consoles on which somebody may sit. */
  readonly consoles: number;
  /** What was asked for. */
  readonly wish?: Ui;
}

/**
 * Pure: full screens where a terminal can show them and nobody can sit elsewhere. With several consoles all have the
 * same plain questions, until somebody chooses one of them.
 */
export function whichUi({ term, consoles, wish }: Seat): Ui {
  if (wish === "plain" || term === undefined || !CAPABLE.test(term)) return "plain";
  return wish === "full" || consoles === 1 ? "full" : "plain";
}

/** Pure: whether the terminal of a program takes UTF-8. Source: locale(7). */
export function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "") ?? "";
  return /utf-?8/i.test(locale);
}
