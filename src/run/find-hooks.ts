/** Programs of the administrator that a backup or a restore calls: which there are, and when each is called. */

import { decodeText } from "../base/bytes.ts";
import { closest } from "../base/closest.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { requireRootOnly } from "../host/root-only.ts";

/** Moments of a backup, in order; `failed` instead of `after-backup`. */
export const backupMoments = ["before-backup", "before-snapshot", "after-snapshot", "after-backup", "failed"] as const;
/** Moments of a restore, in order. */
export const restoreMoments = ["before-partition", "before-files", "after-files", "after-restore"] as const;

/** When a hook is called; it is its first word. */
export type HookMoment = (typeof backupMoments)[number] | (typeof restoreMoments)[number];

/** Whether a program's name is that of a hook: `50-postgresql`. */
export const isHookName = (name: string): boolean => NAME.test(name);

/** Whether it is called at some moment of a restore: those that don't say so are not. */
export const isOfRestore = ({ moments }: Pick<Hook, "moments">): boolean =>
  restoreMoments.some((moment) => moments.includes(moment));

const moments: readonly HookMoment[] = [...backupMoments, ...restoreMoments];

/** A program, and when it is called. */
export interface Hook {
  /** `50-postgresql` */
  readonly name: string;
  readonly path: string;
  readonly moments: readonly HookMoment[];
  readonly timeoutMs: number;
}

/** What its own first lines say of it. */
type HookHead = Pick<Hook, "moments" | "timeoutMs">;

/** As run-parts(8) has it: no dots, so that no editor's or package manager's copy is run. */
const NAME = /^\d\d-[\w-]+$/;
const HEAD_BYTES = 4096;
/** Long enough for a dump, short enough for a night. */
const DEFAULT_TIMEOUT_S = 600;
const LONGEST_S = 86_400;
const units = { s: 1, min: 60, h: 3600 } as const;

const badHead = (path: string, message: string, hint: string) =>
  new MondoError("usage", `${path}: ${message}`, { hint });

function momentsOf(path: string, text: string): readonly HookMoment[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  return words.map((word) => {
    const moment = moments.find((one) => one === word);
    if (moment !== undefined) return moment;
    const meant = closest(word, moments);
    throw badHead(
      path,
      msg`"${word}" is no moment at which hooks are called`,
      meant === undefined ? msg`There are ${moments.join(", ")}.` : msg`Did you mean ${meant}?`,
    );
  });
}

function timeoutOf(path: string, text: string): number {
  const [, count = "", unit = "s"] = /^(\d{1,5})\s*(s|min|h)?$/.exec(text.trim()) ?? [];
  const seconds = Number(count) * units[unit as keyof typeof units];
  if (count !== "" && seconds >= 1 && seconds <= LONGEST_S) return seconds * 1000;
  throw badHead(
    path,
    msg`mondo-timeout: ${text.trim()} is not a time up to a day`,
    msg`Write it like 90s, 10min or 2h.`,
  );
}

/**
 * What the lines `# mondo-moments: before-snapshot after-snapshot` and `# mondo-timeout: 10min` near the beginning of a
 * hook say. Without them it is called at each moment of a backup, at none of a restore, and has 10 minutes. Pure.
 * Throws `usage`.
 */
export function hookHead(path: string, head: string): HookHead {
  const said = (word: string) => new RegExp(`^\\W{0,4}mondo-${word}:(.*)$`, "m").exec(head)?.[1];
  const [named, timeout] = [said("moments"), said("timeout")];
  return {
    moments: named === undefined ? backupMoments : momentsOf(path, named),
    timeoutMs: timeout === undefined ? DEFAULT_TIMEOUT_S * 1000 : timeoutOf(path, timeout),
  };
}

type Reader = Pick<Host, "listWhole" | "stat" | "realPath" | "readAt">;

/**
 * The hooks in a directory, by name. A file whose name is not `NN-name`, or that can't be executed, is no hook, and
 * named. Throws `not-found`; `refused` where others than root could change what is run; `usage` for a hook whose first
 * lines can't be read.
 */
export function findHooks(host: Reader, directory: string, reporter: Pick<Reporter, "warn">): readonly Hook[] {
  const kind = host.stat(directory)?.kind;
  if (kind !== "directory") {
    const what = kind === undefined ? msg`does not exist` : msg`is not a directory`;
    throw new MondoError("not-found", `${directory} ${what}`, { hint: msg`Name the directory with the hooks.` });
  }
  requireRootOnly(host, directory);
  return host.listWhole(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    const stat = host.stat(path);
    if (stat?.kind === "directory" || name.startsWith(".")) return [];
    const isProgram = stat?.kind === "file" && (stat.mode & 0o111) !== 0;
    if (!NAME.test(name) || !isProgram) {
      const why = NAME.test(name) ? msg`it can't be executed (chmod +x)` : msg`its name is not like 50-name`;
      reporter.warn(msg`${path} is not run: ${why}`);
      return [];
    }
    requireRootOnly(host, path);
    return [{ name, path, ...hookHead(path, decodeText(host.readAt(path, 0, HEAD_BYTES))) }];
  });
}
