import * as v from "valibot";
import { msg } from "../../base/message.ts";

/** Bytes, sectors, counts: whole numbers from 0 up. */
export const count = v.pipe(
  v.number(msg`must be a number`),
  v.safeInteger(msg`must be a whole number`),
  v.minValue(0, msg`must not be negative`),
);

/** A whole number of either sign. */
export const integer = v.pipe(v.number(msg`must be a number`), v.safeInteger(msg`must be a whole number`));

/** A count of at least one. */
export const positive = v.pipe(count, v.minValue(1, msg`must not be 0`));

/** Bytes in whole sectors of 512. */
export const sectors = v.pipe(count, v.multipleOf(512, msg`must be a multiple of 512`));

/** Whether a thing is so. */
export const flag = v.boolean(msg`must be true or false`);

/** Text of one line. Control characters would end a line of a script, or move the cursor of whoever reads it. */
export const text = v.pipe(
  v.string(msg`must be text`),
  v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, msg`must not contain control characters`),
);

/** Text that people chose, or a disk's maker did, and that stays what it is: labels, models. */
export const label = v.pipe(v.string(msg`must be text`), v.regex(/^[^\0]*$/, msg`must not contain null characters`));

/** Bytes as base64. */
export const base64 = v.pipe(v.string(msg`must be text`), v.base64(msg`must be base64`));

/** Text that is not empty. */
export const word = v.pipe(text, v.minLength(1, msg`must not be empty`));

const isNormal = (path: string) => !path.split("/").some((name) => name === "." || name === "..");
const normal = v.check<string, string>(isNormal, msg`must not contain "." or ".." as a name`);

/** A path from the root. */
export const path = v.pipe(word, v.startsWith("/", msg`must begin with "/"`), normal);

/** The path of a device file. */
export const devicePath = v.pipe(word, v.regex(/^\/dev\/[^/]/, msg`must begin with "/dev/"`), normal);

/** A path inside a file system, without a leading slash. */
export const innerPath = v.pipe(word, v.regex(/^[^/]/, msg`must not begin with "/"`), normal);

/** An identifier that commands take as a word: a UUID of a file system or a volume. */
export const identifier = v.pipe(word, v.regex(/^[0-9A-Za-z][0-9A-Za-z:-]*$/, msg`must be an identifier`));

/** A GUID with hyphens, in either case. */
export const GUID = /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i;

/** A name that commands take as a word and that is one name of a path: of a volume, a driver, an algorithm. */
export const name = v.pipe(
  word,
  v.regex(/^[^/-][^/]*$/, msg`must not begin with "-" or contain "/"`),
  v.check<string, string>(isNormal, msg`must not be "." or ".."`),
);

/** The id of another node. */
export const reference = word;

/** A list of values of one schema. */
export const list = <T>(of: v.GenericSchema<unknown, T>) => v.array(of, msg`must be a list`);

/** The same, of at least one. */
export const filledList = <T>(of: v.GenericSchema<unknown, T>) =>
  v.pipe(list(of), v.minLength(1, msg`must not be empty`));

/** An object with these fields at least. */
export const record = <const E extends v.ObjectEntries>(entries: E) =>
  v.looseObject(entries, ({ received }) => (received === "undefined" ? msg`is missing` : msg`must be an object`));

/** One of some words. */
export const oneOf = <const T extends string | number>(...values: readonly T[]) =>
  v.picklist(values, msg`must be one of ${values.join(", ")}`);

/** A field that may be absent. */
export const optional = v.exactOptional;
