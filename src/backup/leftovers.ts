import type { Host } from "../host/host.ts";
import { removeUnfinished } from "./destination/image-names.ts";
import { type BackupRequest, scratchNamed } from "./request.ts";

/** Holds parts of rescue systems, and files for a moment. It is no part of a backup. */
export const CACHE = "/var/cache/mondo";

/** What runs of this prefix left that were killed; in a scratch directory of its own only those of this machine. */
export function removeLeftovers(host: Host, request: BackupRequest, run: string): void {
  const [machine] = run.split("-");
  for (const directory of [request.directory, request.scratch, request.temp, CACHE]) {
    if (directory === undefined) continue;
    for (const name of host.list(directory)) {
      const left = scratchNamed(name);
      if (left?.prefix !== request.prefix) continue;
      if (directory === request.directory || left.machine === machine) host.remove(`${directory}/${name}`);
    }
  }
  removeUnfinished(host, request);
}
