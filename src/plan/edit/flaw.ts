import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** What would not work, or what can't be done: which node, what is wrong, and what to do. */
export interface Flaw {
  /** What a person calls the node: a mount point, a device. */
  readonly about: string;
  /** A sentence without its full stop that begins with the node. */
  readonly what: string;
  /** What to do, as a sentence. */
  readonly todo: string;
  /** `doubt`: it can be restored, and may be meant so. */
  readonly weight: "stops" | "doubt";
}

/** An edit that can't be done. `what` begins with what it is about. */
export const cannot = (about: string, what: string, todo: string): MondoError =>
  new MondoError("refused", `${about}: ${what}`, { hint: todo, data: { about } });

/** Any refusal as a flaw. */
export function flawFrom(error: MondoError): Flaw {
  const about = typeof error.data.about === "string" ? error.data.about : msg`the layout`;
  return { about, what: error.message, todo: error.hint ?? msg`Undo the edit, or change it.`, weight: "stops" };
}

/** A flaw in a line: what is wrong, and what to do. */
export const flawWords = ({ what, todo }: Flaw): string => `${what}. ${todo}`;
