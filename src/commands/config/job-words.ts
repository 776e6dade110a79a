/** A job as the words of a command line. Pure. */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { ParsedWords } from "../parse.ts";
import { configOptions } from "./config-schema.ts";
import type { ConfigEntry, ConfigJob } from "./read-config.ts";

/** Lists of paths are split at blanks on a command line, not here. */
const escaped = (path: string) => path.replace(/[\s\\]/g, "\\$&");

interface Sinks {
  readonly flags: Set<string>;
  readonly values: Map<string, string>;
  readonly lists: Map<string, readonly string[]>;
}

function put({ key, value }: ConfigEntry, { flags, values, lists }: Sinks): void {
  if (typeof value === "boolean") {
    if (value) flags.add(key);
  } else if (typeof value === "string" || typeof value === "number") {
    if (configOptions.get(key)?.many) lists.set(key, [escaped(String(value))]);
    else values.set(key, String(value));
  } else if (Array.isArray(value)) lists.set(key, value.map(escaped));
  else {
    for (const [rule, count] of Object.entries(value)) {
      if (typeof count === "number") values.set(rule === "last" ? key : `${key}-${rule}`, String(count));
    }
  }
}

/** The words of a job; what the command line gives replaces it, and what `without` names is left out. */
export function jobWords(job: ConfigJob, given: ParsedWords, without: readonly string[] = []): ParsedWords {
  const missing = without.find((key) => !job.entries.has(key));
  if (missing !== undefined) {
    throw new MondoError("usage", msg`--without ${missing}: the job ${job.name} does not say it`, {
      hint: msg`See mondo config show ${job.name}.`,
    });
  }
  const sinks: Sinks = { flags: new Set(), values: new Map(), lists: new Map() };
  for (const entry of job.entries.values()) if (!without.includes(entry.key)) put(entry, sinks);
  return {
    // A job is a backup; by itself, verify means an earlier one.
    flags: new Set(["backup", ...sinks.flags, ...given.flags]),
    values: new Map([...sinks.values, ...given.values]),
    lists: new Map([...sinks.lists, ...given.lists]),
    operands: [],
  };
}
