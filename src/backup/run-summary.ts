/** How a backup went, for programs that watch over it. */
import { countProblems, isIncomplete, type ProblemCounts } from "../archive/set/saved-problems.ts";
import { MondoError, sentenceOf } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { describeHost } from "./describe-host.ts";
import type { BackupResult } from "./destination/destination.ts";
import type { BackupRequest } from "./request.ts";
import type { RunEnd } from "./with-hooks.ts";

/** What is known at the end of a run. Times in seconds since 1970, lengths in bytes. */
export interface RunSummary {
  readonly command: "archive" | "restore";
  readonly job?: string;
  /** It was done, if with problems. */
  readonly ok: boolean;
  /** As the process ends; of a failure that of its kind. */
  readonly status: number;
  readonly started: number;
  readonly seconds: number;
  readonly host: string;
  readonly prefix: string;
  readonly level: number;
  readonly set?: string;
  readonly places: readonly string[];
  readonly bytes: number;
  readonly entries: number;
  readonly contentBytes: number;
  readonly problems: ProblemCounts;
  /** Mount points that were read live after all, because a snapshot got full. */
  readonly readLive: readonly string[];
  readonly error?: { readonly code: string; readonly text: string };
}

/** When a run began and ended, in ms since 1970. */
interface RunTime {
  readonly startedMs: number;
  readonly endedMs: number;
}

type About = Pick<BackupRequest, "root" | "setName" | "diffLevel"> & { readonly job?: string | undefined };

function beginOf(host: Host, { root, setName, diffLevel, job }: About, { startedMs, endedMs }: RunTime) {
  return {
    ...{ command: "archive" as const, host: describeHost(host, root).name, prefix: setName, level: diffLevel },
    ...{ started: Math.floor(startedMs / 1000), seconds: Math.round((endedMs - startedMs) / 100) / 10 },
    ...(job === undefined ? {} : { job }),
  };
}

/** 0; 3: files, hooks or snapshots had problems. */
export function statusOf({ manifest, hookWarnings = [], readLive = [] }: Omit<BackupResult, "made">): number {
  const isWhole = !isIncomplete(countProblems(manifest.problems));
  return isWhole && hookWarnings.length === 0 && readLive.length === 0 ? 0 : 3;
}

/** Of a run that came to its end. */
export function summaryOf(
  host: Host,
  about: About,
  { status, made, manifest, readLive = [] }: RunEnd,
  time: RunTime,
): RunSummary {
  return {
    ...beginOf(host, about, time),
    ...{ ok: true, status, places: made.map(({ name }) => name) },
    bytes: made.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(manifest ? { set: manifest.set } : {}),
    ...{ entries: manifest?.entries ?? 0, contentBytes: manifest?.contentBytes ?? 0 },
    problems: countProblems(manifest?.problems ?? []),
    readLive,
  };
}

/** Of a run that failed. */
export function failureOf(host: Host, about: About, error: unknown, status: number, time: RunTime): RunSummary {
  const nothing = { places: [], bytes: 0, entries: 0, contentBytes: 0, problems: countProblems([]), readLive: [] };
  const code = error instanceof MondoError ? error.code : "system";
  return { ...beginOf(host, about, time), ok: false, status, ...nothing, error: { code, text: sentenceOf(error) } };
}
