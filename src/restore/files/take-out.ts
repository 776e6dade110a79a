/** Takes files out of a set, into a tree that has some already. */

import { openCatalog } from "../../archive/catalog/catalog.ts";
import { selectionOf } from "../../archive/catalog/selection.ts";
import type { Choice } from "../../archive/entry.ts";
import { extractArchive } from "../../archive/extract/extract-archive.ts";
import type { ExtractResult } from "../../archive/extract/extract-request.ts";
import type { Overwrite } from "../../archive/extract/overwrite.ts";
import type { RoomLack } from "../../archive/extract/survey.ts";
import { placeOf, volumesUsed } from "../../archive/set/media-passes.ts";
import { displayBytes } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { lenientMountsOf } from "../../drivers/fs/lenient-mounts.ts";
import type { HiddenPlace } from "../../layout/hidden-places.ts";
import { mediumProvider } from "../check-set.ts";
import type { RestoreContext } from "../context.ts";
import { workerThreads } from "../memory.ts";

/** The set's list of files. */
export const catalogOf = ({ manifest, setDirectory, locate }: RestoreContext) =>
  openCatalog(locate?.(manifest.catalog.name) ?? `${setDirectory}/${manifest.catalog.name}`);

/** Refuses to begin where content lies on a medium that is not here, and nobody is asked for it. */
export function requireVolumes(context: RestoreContext, select: Choice): void {
  const { locate, manifest, media } = context;
  if (media || !locate) return;
  const catalog = catalogOf(context);
  const used = volumesUsed(catalog.records(), selectionOf(catalog.names(), select));
  const missing = [...used].flatMap((at) => {
    const volume = manifest.volumes[at];
    const place = volume && placeOf(volume, locate);
    return typeof place === "string" ? [place] : [];
  });
  const [first] = missing;
  if (first === undefined) return;
  throw new MondoError("not-found", msg`the content of these files is not all here: ${first}`, {
    hint: msg`Put the other media of the backup beside this one, or name the backups that it builds on with --parent.`,
  });
}

function requireRoom({ reporter }: RestoreContext, target: string, lack: RoomLack): void {
  const { directory, neededBytes, freeBytes, mayCompress } = lack;
  const place = directory === "" ? target : `${target === "/" ? "" : target}/${displayBytes(directory)}`;
  const text = msg`the files need ${formatBytes(neededBytes)}, and ${place} has ${formatBytes(freeBytes)} free`;
  if (!mayCompress) throw new MondoError("no-space", text, { hint: msg`Choose fewer files, or another directory.` });
  reporter.warn(msg`${text}: it may fill up, unless they are compressed there`);
}

/** What is taken, and where it goes. */
export interface Taking {
  readonly select: Choice;
  readonly overwrite: Overwrite;
  /** Directory that stands for the archive's root. */
  readonly root: string;
  /** Places below mounts, where the directory has mounts. */
  readonly hidden: readonly HiddenPlace[];
}

/** Waits for work no longer than until it is stopped: a question for a medium knows nothing of signals. */
function untilStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const ownWay = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => work(new AbortController().signal);

/**
 * Takes files out of the set. Each gets its name when it is complete. A signal ends it in order, where the context has
 * a way for that.
 */
export async function takeOut(context: RestoreContext, { root, hidden, ...which }: Taking): Promise<ExtractResult> {
  const { manifest, setDirectory, locate, host, reporter, stoppable = ownWay } = context;
  const needMedium = mediumProvider(context);
  return stoppable((signal) =>
    extractArchive(
      {
        ...{ directory: setDirectory, manifest, target: root, threads: workerThreads(host), hidden, ...which },
        hideUnfinished: true,
        lenientMounts: lenientMountsOf(manifest.layout),
        ...(locate ? { locate } : {}),
        ...(needMedium ? { needMedium: (pass) => untilStopped(needMedium(pass), signal) } : {}),
        onLack: (lack: RoomLack) => requireRoom(context, root, lack),
      },
      reporter,
      signal,
    ),
  );
}
