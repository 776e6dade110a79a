import { directoryNameOf } from "../archive/set/dated-sets.ts";
import type { Host } from "../host/host.ts";
import { describeHost } from "./describe-host.ts";
import type { BackupRequest } from "./request.ts";

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** Where directory sets of this machine and prefix lie below a target. */
export function directoryHome(
  host: Host,
  { directory, root, setName }: Pick<BackupRequest, "directory" | "root" | "setName">,
): string {
  const machine = describeHost(host, root).name;
  return `${directory === "/" ? "" : directory}/${directoryNameOf(machine)}/${directoryNameOf(setName)}`;
}

/** The target above such a place. */
export const targetAbove = (home: string): string => parentOf(parentOf(home)) || "/";

/**
 * Lets a run work in the place where its set belongs: that of the machine and prefix below the target, made for it; for
 * images, the target itself. What is still empty in the end goes again.
 */
export async function inHome<T>(
  host: Host,
  request: BackupRequest,
  work: (placed: BackupRequest) => Promise<T>,
): Promise<T> {
  if (request.medium?.kind !== "directory") return work(request);
  const home = directoryHome(host, request);
  host.makeDirectory(home, 0o700);
  try {
    return await work({ ...request, directory: home });
  } finally {
    for (const path of [home, parentOf(home)]) host.removeEmpty(path);
  }
}
