import { msg } from "../../base/message.ts";
import type { Entry } from "../entry.ts";
import { shown } from "../tree/paths.ts";
import { type Severity, severityOf } from "./severity.ts";

/** What differs between an entry of an archive and the file on the disk. */
export interface Difference {
  readonly path: string;
  readonly what:
    | "missing"
    | "type"
    | "mode"
    | "owner"
    | "size"
    | "mtime"
    | "xattrs"
    | "flags"
    | "content"
    | "target"
    | "device"
    | "link"
    | "unreadable";
  readonly severity: Severity;
  /** "in the backup 0644, on the disk 0600"; may be empty. */
  readonly detail: string;
}

/** Takes a difference; the default severity is that of the entry's path. */
export type Differs = (entry: Entry, what: Difference["what"], detail?: string, severity?: Severity) => void;

/** The difference of an entry; the default severity is that of its path. */
export function differenceOf(
  entry: Pick<Entry, "path">,
  what: Difference["what"],
  detail = "",
  severity?: Severity,
): Difference {
  const path = shown(entry.path);
  return { path, what, severity: severity ?? severityOf(path), detail };
}

/** The two values of what differs. */
export function against(backup: string, live: string): string {
  return msg`in the backup ${backup}, on the disk ${live}`;
}

const WORDS: Readonly<Record<Difference["what"], string>> = {
  missing: msg`missing`,
  type: msg`type`,
  mode: msg`mode`,
  owner: msg`owner`,
  size: msg`size`,
  mtime: msg`mtime`,
  xattrs: msg`xattrs`,
  flags: msg`flags`,
  content: msg`content`,
  target: msg`target`,
  device: msg`device`,
  link: msg`link`,
  unreadable: msg`unreadable`,
};

/** One line for people. */
export function showDifference({ severity, path, what, detail }: Difference): string {
  return `[${severity}] ${msg`${path}: ${WORDS[what]}`}${detail === "" ? "" : ` (${detail})`}`;
}
