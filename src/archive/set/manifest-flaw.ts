import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { printable } from "../../base/printable.ts";

/** Of a value that was found, so much is shown. */
const MOST_SHOWN = 40;

/** What a field must be, by the rule that it breaks; `requirement`: the rule's number, or its words. */
const EXPECTATIONS: Readonly<Record<string, (requirement: string) => string>> = {
  number: () => msg`a number`,
  integer: () => msg`a whole number`,
  safe_integer: () => msg`a whole number below 2^53`,
  min_value: (least) => msg`at least ${least}`,
  max_value: (most) => msg`at most ${most}`,
  max_length: (most) => msg`no longer than ${most} characters`,
  string: () => msg`text`,
  boolean: () => msg`true or false`,
  array: () => msg`a list`,
  object: () => msg`an object`,
  uuid: () => msg`a UUID`,
  literal: (words) => words,
  picklist: (words) => words,
};

/** One value as a word. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return msg`a list`;
  if (typeof value === "object" && value !== null) return msg`an object`;
  const text = printable(JSON.stringify(value) ?? String(value), "");
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** What is wrong with a field of a manifest: `volumes.3.sizeBytes must be a number, and is "12"`. */
export function fieldFlaw(issue: v.BaseIssue<unknown> | undefined): string {
  if (!issue) return msg`it is none`;
  const where = v.getDotPath(issue) ?? "it";
  if (issue.received === "undefined") return msg`${where} is missing`;
  const { type, message } = issue;
  const requirement = type === "literal" || type === "picklist" ? issue.expected : issue.requirement;
  // Where no rule has words of its own, the schema does.
  const expected = EXPECTATIONS[type]?.(String(requirement)) ?? message;
  return msg`${where} must be ${expected}, and is ${shown(issue.input)}`;
}
