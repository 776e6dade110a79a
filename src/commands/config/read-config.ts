/** The configuration of this machine: jobs by name, and for each key where it was said. */

import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { closest } from "../../base/closest.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { printable } from "../../base/printable.ts";
import type { Host } from "../../host/host.ts";
import { requireRootOnly } from "../../host/root-only.ts";
import { type ConfigValue, configOptions, configSchema, JOB_NAME } from "./config-schema.ts";
import { requireOwnPrefixes } from "./own-prefixes.ts";
import { type TextPlace, tomlKeys, tomlPath } from "./toml-keys.ts";

/** Where it is, unless another file is named. */
export const CONFIG = "/etc/mondo/mondo.toml";
const MOST_BYTES = 1 << 20;

/** A key with its value, and who said so. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: ConfigValue;
  /** `/etc/mondo/mondo.toml:3:1` */
  readonly where: string;
}

/** A job: what it says itself, and what `[defaults]` say that it doesn't. */
export interface ConfigJob {
  readonly name: string;
  readonly where: string;
  readonly entries: ReadonlyMap<string, ConfigEntry>;
}

/** All of it. */
export interface Config {
  readonly files: readonly string[];
  readonly jobs: ReadonlyMap<string, ConfigJob>;
}

type Places = ReadonlyMap<string, TextPlace>;

const SECRETS = /pass|secret|token|access.?key/i;

const wrong = (message: string, hint: string) => new MondoError("usage", message, { hint });

function placeText(file: string, places: Places, path: readonly (string | number)[]): string {
  for (let count = path.length; count > 0; count--) {
    const place = places.get(tomlPath(path.slice(0, count)));
    if (place) return `${file}:${place.line}:${place.column}`;
  }
  return file;
}

/** What may stand where an unknown key stands. */
function knownAt(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 1) return ["defaults", "jobs"];
  if (path.at(-2) === "keep") return ["last", "daily", "weekly", "monthly", "yearly"];
  return [...configOptions.keys()];
}

function unknownKey(where: string, path: readonly (string | number)[]): MondoError {
  const key = String(path.at(-1));
  if (SECRETS.test(key)) {
    return wrong(
      msg`${where}: a secret has no place here: ${printable(key, "")}`,
      msg`Name the file that holds it: credentials = "/etc/mondo/credentials", or "systemd:NAME" (LoadCredential=).`,
    );
  }
  const known = knownAt(path);
  const meant = closest(key, known);
  const isOption = path.length === 1 && configOptions.has(key);
  const hint = isOption
    ? msg`Options stand in [defaults] or [jobs.NAME].`
    : meant === undefined
      ? msg`There is ${path.length === 1 ? known.join(", ") : msg`what "mondo config explain" lists`}.`
      : msg`Did you mean ${meant}?`;
  return wrong(msg`${where}: unknown key ${printable(key, "")}`, hint);
}

const noJobName = (where: string, name: string) =>
  wrong(msg`${where}: "${printable(name, "")}" is no name of a job`, msg`Take letters, digits, - and _.`);

interface Issue {
  readonly type: string;
  readonly message: string;
  readonly issues?: readonly unknown[] | undefined;
  readonly path?: readonly { readonly key?: unknown; readonly origin?: string }[] | undefined;
}

function firstIssue(file: string, places: Places, issue: Issue, above: readonly (string | number)[]): MondoError {
  const own = (issue.path ?? []).flatMap(({ key }) =>
    typeof key === "string" || typeof key === "number" ? [key] : [],
  );
  const path = [...above, ...own];
  // Of a table that may be a number, too, what is wrong in it counts.
  const inner = (issue.issues as readonly Issue[] | undefined)?.find(({ path: deeper }) => (deeper?.length ?? 0) > 0);
  if (inner) return firstIssue(file, places, inner, path);
  const where = placeText(file, places, path);
  if (issue.type === "strict_object" && issue.path?.at(-1)?.origin === "key") return unknownKey(where, path);
  const last = path.at(-1);
  if (
    issue.path?.at(-1)?.origin === "key" ||
    (path.length === 2 && path[0] === "jobs" && !JOB_NAME.test(String(last)))
  ) {
    return noJobName(where, String(last));
  }
  const hint = configOptions.has(String(last)) ? `mondo config explain ${last}` : msg`Look into mondo(8).`;
  const name = path.map(String).join(".");
  return wrong(msg`${where}: ${name === "" ? msg`the file` : printable(name, "")} must be ${issue.message}`, hint);
}

interface ParsedFile {
  readonly file: string;
  readonly places: Places;
  readonly content: v.InferOutput<typeof configSchema>;
}

function contentOf(host: Host, file: string): string {
  requireRootOnly(host, file);
  const stat = host.stat(file);
  if (stat?.kind !== "file") throw wrong(msg`${file} is not a file`, msg`Name the file with the configuration.`);
  if (stat.sizeBytes > MOST_BYTES) throw wrong(msg`${file} is too long for a configuration`, msg`Look at what it is.`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(host.read(file));
  } catch (error) {
    if (error instanceof MondoError) throw error;
    throw wrong(msg`${file} is not written in UTF-8`, msg`Save it again as UTF-8.`);
  }
}

/** Names that every object has already (`constructor`) pass the schema, and are not in what it gives. */
function refuseDropped(file: string, places: Places, table: { readonly jobs?: object }, jobs: object): void {
  const name = Object.keys(table.jobs ?? {}).find((one) => !Object.hasOwn(jobs, one));
  if (name !== undefined) throw noJobName(placeText(file, places, ["jobs", name]), name);
}

/** Reads a text. Pure. Throws `usage`, with file, line and column. */
export function parseConfig(file: string, text: string): ParsedFile {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = msg`it can't be read`] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw wrong(`${file}:${error.line}:${error.column}: ${reason}`, msg`Write it as TOML: key = "value".`);
  }
  const places = tomlKeys(text);
  const result = v.safeParse(configSchema, table);
  if (!result.success) throw firstIssue(file, places, result.issues[0], []);
  refuseDropped(file, places, table as object, result.output.jobs ?? {});
  return { file, places, content: result.output };
}

type Section = Readonly<Record<string, ConfigValue | undefined>>;

function entriesOf({ file, places }: ParsedFile, section: Section | undefined, path: readonly string[]): ConfigEntry[] {
  return Object.entries(section ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, where: placeText(file, places, [...path, key]) }],
  );
}

function requireNew(known: { readonly where: string } | undefined, where: string, what: string): void {
  if (known === undefined) return;
  throw wrong(msg`${where}: ${what} is there already, at ${known.where}`, msg`Keep one of them.`);
}

/** Puts files together: what one says, no other may say again. Pure. Throws `usage`. */
export function mergeConfig(parsed: readonly ParsedFile[]): Config {
  const defaults = new Map<string, ConfigEntry>();
  for (const one of parsed) {
    for (const entry of entriesOf(one, one.content.defaults as Section | undefined, ["defaults"])) {
      requireNew(defaults.get(entry.key), entry.where, msg`${entry.key} of [defaults]`);
      defaults.set(entry.key, entry);
    }
  }
  const jobs = new Map<string, ConfigJob>();
  for (const one of parsed) {
    for (const [name, section] of Object.entries(one.content.jobs ?? {})) {
      const where = placeText(one.file, one.places, ["jobs", name]);
      requireNew(jobs.get(name), where, msg`the job ${name}`);
      const own = entriesOf(one, section as Section, ["jobs", name]).map((entry) => [entry.key, entry] as const);
      jobs.set(name, { name, where, entries: new Map([...defaults, ...own]) });
    }
  }
  requireOwnPrefixes([...jobs.values()]);
  return { files: parsed.map(({ file }) => file), jobs };
}

/**
 * Reads the configuration: the file, and those in the directory of its name with `.d` (`mondo.d/*.toml`) in their
 * order. Throws `not-found`, `usage`, and `refused` where others than root could change it.
 */
export function readConfig(host: Host, file: string = CONFIG): Config {
  const directory = file.replace(/(?:\.toml)?$/, ".d");
  const names = host.list(directory).filter((name) => name.endsWith(".toml") && !name.startsWith("."));
  if (names.length > 0) requireRootOnly(host, directory);
  const files = [...(host.exists(file) ? [file] : []), ...names.map((name) => `${directory}/${name}`)];
  if (files.length === 0) {
    throw new MondoError("not-found", msg`there is no configuration: ${file} does not exist`, {
      hint: msg`Write one: [jobs.nightly], and below it what mondo archive would be given. See mondo help config.`,
    });
  }
  return mergeConfig(files.map((one) => parseConfig(one, contentOf(host, one))));
}
