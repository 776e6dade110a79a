/** What each medium of a set has besides volumes. */
import { encodeManifest, type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import type { VolumeInfo } from "../../archive/set-files.ts";
import { renderHowto } from "../howto.ts";
import { type HeadFile, headOf } from "./growing-image.ts";

/** Files that go onto every medium. */
export function sharedBy({ catalog, removed, headers = [], hooks = [] }: Manifest): VolumeInfo[] {
  return [catalog, ...(removed ? [removed] : []), ...headers, ...hooks];
}

/** The manifest of a medium. */
export function manifestOn(manifest: Manifest, number: number): Manifest {
  const { of } = mediumOf(manifest);
  return of === 1 ? manifest : { ...manifest, media: { number, of } };
}

/** Everything but the volumes that a medium has; `directory` holds catalog, removed.txt and headers. */
export function headsOn(directory: string, manifest: Manifest, number: number): HeadFile[] {
  const here = manifestOn(manifest, number);
  return [
    ...sharedBy(manifest).map(({ name, sizeBytes }) => ({ name, sizeBytes, path: `${directory}/${name}` })),
    headOf("HOWTO.txt", renderHowto(here)),
    headOf("manifest.json", encodeManifest(here)),
  ];
}
