import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { FileSpan } from "../set-files.ts";
import { isIsoOfSet, spansOf, volumeIdIn, volumeIdOf } from "./iso-medium.ts";
import type { Manifest } from "./manifest.ts";

/** Volumes that lie in images beside a manifest, and what can't be read of these images, as sentences. */
export interface VolumesInImages {
  readonly spans: ReadonlyMap<string, FileSpan>;
  readonly troubles: readonly string[];
}

/**
 * Looks for volumes of a set in the images of a directory: of a backup whose images could not be completed, they hold
 * volumes and nothing else.
 */
export function volumesInImages(host: Host, directory: string, { set, volumes }: Manifest): VolumesInImages {
  const spans = new Map<string, FileSpan>();
  const troubles: string[] = [];
  const ours = volumeIdOf(set, 1).replace(/1$/, "");
  const wanted = new Set(volumes.map(({ name }) => name));
  for (const name of host.list(directory).filter((one) => one.endsWith(".iso"))) {
    const path = `${directory}/${name}`;
    if (host.lstat(path)?.kind !== "file" || !isIsoOfSet(host, path)) continue;
    if (!volumeIdIn(host, path)?.startsWith(ours)) continue;
    try {
      for (const [file, span] of spansOf(host, path)) if (wanted.has(file)) spans.set(file, span);
    } catch (error) {
      troubles.push(`${path}: ${messageOf(error)}`);
    }
  }
  return { spans, troubles };
}
