import { msg } from "../../base/message.ts";

/** One line of a menu. `key` is returned to the caller, and may be typed instead of the number. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  /** What it means, shown on full screens while it is selected. */
  readonly detail?: string;
  /** Whoever isn't at the console has nothing of it, and would wait for somebody who is. */
  readonly isForConsole?: true;
}

/** A stretch of a disk in a picture: from where it begins to the next one; free space is what nobody names. */
export interface Stretch {
  readonly label: string;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** A disk as a bar. All bars of a block have one scale. */
export interface Bar {
  /** Stands before the bar: `sdb now`. */
  readonly label: string;
  readonly sizeBytes: number;
  readonly stretches: readonly Stretch[];
}

/** A piece of what a screen shows. `plain`: the lines that stand for it where questions are plain lines. */
export type Block = { readonly plain?: readonly string[] } & (
  | { readonly kind: "text"; readonly lines: readonly string[] }
  | { readonly kind: "warning"; readonly lines: readonly string[] }
  | { readonly kind: "heading"; readonly text: string }
  /** Lines that keep their columns: a tree, a table that is already laid out. */
  | { readonly kind: "fixed"; readonly lines: readonly string[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "bars"; readonly bars: readonly Bar[] }
);

/** What a screen wants to know. */
export type Question =
  | {
      readonly kind: "choice";
      readonly text: string;
      readonly choices: readonly Choice[];
      readonly initial?: string;
      /** Further keys, with what they do in a word: the answer is `space` or `left`, a blank, and the choice's key. */
      readonly keys?: { readonly space?: string; readonly left?: string };
    }
  | {
      readonly kind: "line";
      readonly text: string;
      readonly initial?: string;
      /** What is typed is not shown. */
      readonly secret?: boolean;
      /** A complaint about an answer, or undefined. */
      readonly check?: (line: string) => string | undefined;
      /** An answer without the password that may be in it, for logs and for others who look on. Default: as it is. */
      readonly shown?: (line: string) => string;
      /** What to say about a line while it is typed. */
      readonly advice?: (typed: string) => string | undefined;
    };

/** A screen as data: nothing in it knows how it is drawn. */
export interface Screen {
  /** What this is, in a few words. */
  readonly title: string;
  readonly body: readonly Block[];
  readonly question: Question;
  /** What the person at it should know, for the help. */
  readonly help?: readonly string[];
}

/** What a question is about that comes without a screen: the title and the help of the one that it gets. */
export interface About {
  readonly title: string;
  readonly help: readonly string[];
}

/** The choice that only goes on: its screen is left out where questions are plain lines. */
export const GO_ON: Choice = { key: "on", label: msg`Go on` };
