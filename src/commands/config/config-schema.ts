/** What a configuration may say: the options of `mondo archive`, typed by its own table. */

import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { archiveSpec } from "../archive-spec.ts";
import { askingKeys } from "../ask-backup/asking-options.ts";
import { keepKeys } from "../keep-options.ts";
import type { OptionSpec } from "../spec.ts";

/** What nobody writes down: it is done in any case, or is for a person who looks on. */
const NOT_HERE = new Set(["backup", "show-loader", "json", ...askingKeys]);

/** Options by the names that they have in a configuration. */
export const configOptions: ReadonlyMap<string, OptionSpec> = new Map(
  archiveSpec.options.flatMap((option) =>
    option.long === undefined || NOT_HERE.has(option.long) ? [] : [[option.long, option] as const],
  ),
);

const text = v.pipe(
  v.string("a text"),
  v.nonEmpty(msg`a text that is not empty`),
  v.check((value) => !/\p{Cc}/u.test(value), msg`a text without control characters`),
);
const count = v.pipe(
  v.number(msg`a number`),
  v.safeInteger(msg`a whole number`),
  v.minValue(0, msg`a number from 0 on`),
);
const positive = v.pipe(count, v.minValue(1, msg`a number from 1 on`));

/** `keep = { last = 2, daily = 7 }` */
const keepSchema = v.strictObject({
  last: v.exactOptional(positive),
  ...Object.fromEntries(keepKeys.slice(1).map((key) => [key.slice("keep-".length), v.exactOptional(positive)])),
});

/** How the value of an option is written, for people. */
export function shapeOf(option: OptionSpec): string {
  if (option.value === undefined) return msg`true or false`;
  if (option.many) return msg`a list of texts: ["/srv/cache", "/var/tmp"]`;
  if (option.long === "keep") return msg`a number, or { last = N, daily = N, weekly = N, monthly = N, yearly = N }`;
  return msg`a text or a number: ${option.value}`;
}

function schemaOf(option: OptionSpec) {
  const message = shapeOf(option);
  if (option.value === undefined) return v.boolean(message);
  if (option.many) return v.union([text, v.array(text)], message);
  return option.long === "keep" ? v.union([positive, keepSchema], message) : v.union([text, count], message);
}

const optionsSchema = v.strictObject(
  Object.fromEntries([...configOptions].map(([key, option]) => [key, v.exactOptional(schemaOf(option))])),
  msg`a table`,
);

/** A list would pass for a record. */
const isTable = v.check<unknown, string>((value) => !Array.isArray(value), msg`a table`);

/** A job's name is part of those of units, files and metrics. */
export const JOB_NAME = /^[A-Za-z0-9_][\w.-]{0,63}$/;

/** A file. */
export const configSchema = v.strictObject({
  defaults: v.exactOptional(optionsSchema),
  jobs: v.exactOptional(
    v.pipe(
      v.unknown(),
      isTable,
      v.record(
        v.pipe(v.string(), v.regex(JOB_NAME, msg`a name of letters, digits, -, . and _`)),
        optionsSchema,
        msg`a table`,
      ),
    ),
  ),
});

/** What a key may be set to. */
export type ConfigValue = boolean | string | number | readonly string[] | Readonly<Record<string, number | undefined>>;
