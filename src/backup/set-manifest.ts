import type { ArchiveResult } from "../archive/save/archive-request.ts";
import { BOOT_LIST_NAME } from "../archive/set/boot-digests.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { commit, version } from "../base/program-version.ts";
import { lostMounts } from "../layout/unsaved-words.ts";
import type { Job } from "./prepare-backup.ts";
import type { SealedHeaders } from "./seal-headers.ts";

/** What a set says of itself, as far as it is known before it is cut for its media. */
export function manifestOf(
  job: Job,
  result: ArchiveResult,
  { layout, headers }: SealedHeaders,
  hooks: readonly VolumeInfo[],
): Manifest {
  const { request } = job;
  return {
    format: "mondo-set",
    version: 1,
    set: job.set,
    created: job.created,
    tool: { version, commit },
    host: job.source.host,
    prefix: request.prefix,
    layout,
    ...(headers.length === 0 ? {} : { headers: [...headers] }),
    ...(hooks.length === 0 ? {} : { hooks: [...hooks] }),
    volumes: [...result.volumes],
    catalog: result.catalog,
    codec: result.codec,
    boot: BOOT_LIST_NAME,
    ...(job.parent ? { level: request.diffLevel, parents: [...job.parent.chain] } : {}),
    ...(result.removed ? { removed: result.removed } : {}),
    entries: result.entries,
    contentBytes: result.contentBytes,
    ...(result.sharedBytes > 0 ? { sharedBytes: result.sharedBytes } : {}),
    problems: [...lostMounts(layout).map((one) => ({ ...one, severity: "lost" as const })), ...result.problems],
    options: {
      restoreByDefault: request.restoreByDefault,
      eject: request.eject,
      excluded: [...request.exclude, ...request.excludeDevices],
      ...(request.bootWords === undefined ? {} : { words: [...request.bootWords] }),
    },
  };
}
