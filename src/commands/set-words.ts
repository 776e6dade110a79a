/** What the commands that read a set have in common. */

import { type FoundSets, findParents } from "../archive/set/chain.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { type OpenSet, openSet } from "../archive/set/open-set.ts";
import { manifestFlaw, readTrustedKeys } from "../archive/set/signature.ts";
import { verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { processorCount } from "../host/threads.ts";
import { shareSyntax } from "../shares/share-words.ts";
import { splitPaths } from "./archive-options.ts";
import type { CommandContext } from "./command.ts";
import type { OptionSpec } from "./spec.ts";

export const SET_HELP = msg`SET is an ISO (or the device with its disc or stick), a directory that holds the ISO or directories of --layout directory (the newest counts), a directory with manifest.json (the directory mondo of a mounted medium), or a stream that mondo archive -u made: a file, a device, or - for standard input (which is put down below TMPDIR, default /var/tmp, unless it is only listed or checked), or a tape drive (the newest backup on the tape in it). It may lie on a server: ${shareSyntax("all").join(", ")}.`;

export const PATTERN_HELP = msg`PATTERN is a glob: * and ? stay within a name, ** crosses directories, [a-z] and [!a-z] are one character, \\ takes the next character as it is, \\xNN is a byte as listings show it. A pattern without a slash matches names in any directory; one with a slash, a path from the root (/etc/*.conf). A directory that matches brings what is below it.`;

export const prefixOption: OptionSpec = {
  letter: "p",
  long: "prefix",
  value: "NAME",
  help: msg`if SET is a directory of ISOs: take NAME-1.iso`,
};

export const parentOption: OptionSpec = {
  long: "parent",
  value: "PLACES",
  completes: "set",
  help: msg`for a differential backup: the backups that it builds on (ISOs, devices or directories, separated by blanks), if they are not beside it`,
};

/** Which backup on a tape is meant. */
export const tapeSetOption: OptionSpec = {
  long: "tape-set",
  value: "ID",
  help: msg`if SET is a tape drive: the backup with this id, or one that begins so, of those on the tape in it (mondo list --sets names them; default: the newest)`,
};

export const signedByOption: OptionSpec = {
  long: "signed-by",
  value: "FILE",
  completes: "file",
  help: msg`refuse a backup that was not signed (mondo archive --sign) with one of the Ed25519 keys in this file of public keys, or was changed since`,
};

export const jsonOption: OptionSpec = { long: "json", help: msg`JSON, one object per line` };

export const toOption = (help: string): OptionSpec => ({ long: "to", value: "DIR", completes: "directory", help });

/** Refuses a manifest that none of the keys has signed. Throws `refused`. */
export function requireSignature(manifest: Manifest, trusted: NonNullable<OpenSet["trusted"]>, name: string): void {
  const flaw = manifestFlaw(manifest, trusted, name);
  if (flaw === undefined) return;
  throw new MondoError("refused", flaw, {
    hint: msg`Use another copy of the backup. Without --signed-by it is read all the same: whoever could write to it may have changed it.`,
  });
}

/** The set, which must be signed by a key in `file`, if that is given. Throws `refused`. */
export function asSigned(host: Host, set: OpenSet, file: string | undefined): OpenSet {
  if (file === undefined) return set;
  const trusted = readTrustedKeys(host, file);
  requireSignature(set.manifest, trusted, set.name);
  return { ...set, trusted };
}

/** Where signatures count: reads the catalog, and what is here of the volumes. Throws `damaged`. */
export async function requireAsSigned(set: OpenSet, what: "catalog" | "all", reporter: Reporter): Promise<void> {
  if (!set.trusted) return;
  const { directory, locate, manifest, needed = manifest.volumes } = set;
  const volumes = what === "catalog" ? [] : needed.filter(({ name }) => locate(name) !== undefined);
  reporter.step(msg`Checking that it is what was signed`);
  await verifyVolumes({ directory, locate, manifest: { catalog: manifest.catalog, volumes } }, reporter);
}

/** The set that the first word names, and the words behind it. Reports what is known to be missing from it. */
export function setOf({ host, words, reporter }: CommandContext): { set: OpenSet; patterns: readonly string[] } {
  const [place, ...patterns] = words.operands;
  if (place === undefined) {
    throw new MondoError("usage", msg`no backup is given`, { hint: msg`Give an ISO, or a directory that holds one.` });
  }
  const set = asSigned(host, openSet(host, place, words.values.get("prefix")), words.values.get("signed-by"));
  for (const defect of set.defects) reporter.warn(defect);
  return { set, patterns };
}

/** The parents of a set that can be found: what --parent names, and what lies beside it. */
export function parentsOf({ host, words }: CommandContext, set: OpenSet): FoundSets {
  return findParents(host, set, splitPaths(words.values.get("parent") ?? ""));
}

/** An existing directory that was named for output. */
export function requireTarget(host: Host, path: string): string {
  const kind = host.stat(path)?.kind;
  if (kind === "directory") return path;
  const what = kind === undefined ? msg`does not exist` : msg`is not a directory`;
  throw new MondoError(kind === undefined ? "not-found" : "usage", msg`--to ${path} ${what}`, {
    hint: msg`Make it, or name another directory.`,
  });
}

/**
 * How results are reported: as JSON objects of their own with --json, else as lines of the reporter's, which knows its
 * terminal.
 */
export interface Teller {
  /** Something that is not as it should be. */
  finding(event: string, fields: object, line: string): void;
  /** What came out in the end. */
  outcome(event: string, fields: object, line: string): void;
}

/** The teller of a command line. */
export function tellerOf({ words, write, reporter }: CommandContext): Teller {
  const json = (event: string, fields: object) => write(`${JSON.stringify({ event, ...fields })}\n`);
  if (words.flags.has("json")) return { finding: json, outcome: json };
  return {
    finding: (_event, _fields, line) => reporter.warn(line),
    outcome: (_event, _fields, line) => reporter.step(line),
  };
}

/** Workers that read. */
export const readingThreads = (): number => processorCount();
