/** The question that waits at the console, and whether a browser may answer it. */

import { msg } from "../base/message.ts";

/** What can be said to a question. */
export type Answering =
  | { readonly kind: "choice"; readonly choices: readonly { readonly key: string; readonly label: string }[] }
  | { readonly kind: "line"; readonly initial?: string }
  /** A secret is typed at the console, and nowhere else. */
  | { readonly kind: "secret" }
  /** A countdown that any key stops. */
  | { readonly kind: "stop" }
  /** A countdown that a key at the console stops: only who is there can go on. */
  | { readonly kind: "console" };

/** A question as a page shows it. */
export interface StatusQuestion {
  /** Tells it from others: a form that was made for another question answers nothing. */
  readonly id: number;
  readonly text: string;
  /** What stands above it. */
  readonly lines: readonly string[];
  readonly answering: Answering;
}

/** Answers the question; a sentence says why that is no answer to it. */
type Give = (answer: string) => string | undefined;

/** Where the console leaves its question for browsers. */
export interface StatusDesk {
  readonly question: StatusQuestion | undefined;
  /** Somebody at the console has said that browsers may answer, and not yet that they may no longer. */
  readonly isAllowed: boolean;
  allow(isAllowed: boolean): void;
  /** A question waits, until the function that comes back takes it away. */
  put(question: Omit<StatusQuestion, "id">, give: Give): () => void;
  /** Hands on an answer of a browser; a sentence says why it isn't taken. */
  answer(id: number, answer: string): string | undefined;
}

/** Pure: why a browser can't answer, whoever allows it. */
export function atConsoleOnly({ kind }: Answering): string | undefined {
  if (kind === "secret") return msg`It is typed at the console only.`;
  return kind === "console" ? msg`Only a key at the console stops it.` : undefined;
}

/** A desk without a question, where nothing is allowed. */
export function newStatusDesk(): StatusDesk {
  let waiting: { readonly question: StatusQuestion; readonly give: Give } | undefined;
  let isAllowed = false;
  let last = 0;
  return {
    get question() {
      return waiting?.question;
    },
    get isAllowed() {
      return isAllowed;
    },
    allow(now) {
      isAllowed = now;
    },
    put(question, give) {
      last += 1;
      const own = { question: { ...question, id: last }, give };
      waiting = own;
      return () => {
        if (waiting === own) waiting = undefined;
      };
    },
    answer(id, answer) {
      if (!isAllowed) return msg`Browsers may not answer: nobody has typed "allow" at the console.`;
      if (waiting?.question.id !== id) return msg`That question is answered already.`;
      const { question, give } = waiting;
      const closed = atConsoleOnly(question.answering);
      return closed ?? give(answer);
    },
  };
}
