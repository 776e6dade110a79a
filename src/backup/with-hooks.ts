/** A backup between the programs that its administrator has for it. */
import type { Manifest } from "../archive/set/manifest.ts";
import { messageOf } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { findHooks } from "../run/find-hooks.ts";
import { type Hooks, runHooks } from "../run/run-hooks.ts";
import { describeHost } from "./describe-host.ts";
import { type BackupRequest, HOOKS } from "./request.ts";

/** How a run ended. */
export interface RunEnd {
  /** 0; 3: with problems; 4: with differences. */
  readonly status: number;
  /** What was made, if anything. */
  readonly made: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly manifest?: Manifest;
  /** Mount points that were read live after all, because a snapshot got full. */
  readonly readLive?: readonly string[];
}

/** The programs that a backup would call. Throws as findHooks() does. */
export function findBackupHooks(
  host: Host,
  directory: string | undefined,
  reporter: Pick<Reporter, "warn">,
): Hooks["found"] {
  const isAbsent = directory === undefined || (directory === HOOKS && !host.exists(directory));
  return isAbsent ? [] : findHooks(host, directory, reporter);
}

/** The hooks of a request, which all of its moments are told the same of. */
function hooksOf(host: Host, directory: string | undefined, request: BackupRequest, reporter: Reporter): Hooks {
  const found = findBackupHooks(host, directory, reporter);
  const facts = {
    HOST: describeHost(host, request.root).name,
    PREFIX: request.setName,
    LEVEL: String(request.diffLevel),
    DIRECTORY: request.directory,
  };
  return { found, facts };
}

/** What hooks are told at the end. */
function factsOf({ status, made, manifest }: RunEnd, seconds: number): Hooks["facts"] {
  return {
    STATUS: String(status),
    SECONDS: String(seconds),
    BYTES: String(made.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    PLACES: made.map(({ name }) => name).join("\n"),
    ...(manifest
      ? { SET: manifest.set, ENTRIES: String(manifest.entries), PROBLEMS: String(manifest.problems.length) }
      : {}),
  };
}

/** What work between hooks gets. */
export interface HookedRun {
  /** For the request: moments in between. */
  readonly hooks: Hooks;
  /** To be called when all is done, while the place of the backup can still be reached: `after-backup`. */
  ended(end: RunEnd): Promise<RunEnd>;
}

/**
 * Does the work of a run between `before-backup` and `after-backup`; whatever fails on the way, these included, is
 * followed by `failed`, with the sentence in MONDO_ERROR. A warning of a hook makes status 3.
 */
export async function withHooks<R>(
  host: Host,
  { request, directory }: { readonly request: BackupRequest; readonly directory: string | undefined },
  reporter: Reporter,
  signal: AbortSignal,
  work: (run: HookedRun) => Promise<R>,
): Promise<R> {
  const started = host.nowMs();
  const seconds = () => Math.round((host.nowMs() - started) / 1000);
  const hooks = hooksOf(host, directory, request, reporter);
  const at = (facts: Hooks["facts"]): Hooks => ({ ...hooks, facts: { ...hooks.facts, ...facts } });
  try {
    const before = await runHooks(host, hooks, "before-backup", reporter, signal);
    const ended = async (end: RunEnd): Promise<RunEnd> => {
      const after = await runHooks(host, at(factsOf(end, seconds())), "after-backup", reporter, signal);
      return { ...end, status: end.status === 0 && before.length + after.length > 0 ? 3 : end.status };
    };
    return await work({ hooks, ended });
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    const facts = { ERROR: messageOf(reason), SECONDS: String(seconds()) };
    await runHooks(host, at(facts), "failed", reporter).catch((further: unknown) => reporter.warn(messageOf(further)));
    throw error;
  }
}
