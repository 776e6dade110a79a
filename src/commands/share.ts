import { MondoError } from "../base/errors.ts";
import { parseMountinfo } from "../formats/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { mountNfs } from "../init/network/nfs.ts";
import { ownIpConf } from "../init/network/own-address.ts";
import { waitForServer } from "../init/network/reach.ts";
import { resolveServer } from "../init/network/task.ts";
import { type IpConf, parseNfsMount } from "../init/network-words.ts";

/** Where a share goes that isn't mounted yet. */
const SHARE_DIRECTORY = "/run/mondo-share";
const TRIES = 3;

/** An NFS share as `-n` names it. */
export interface Share {
  readonly server: string;
  readonly path: string;
}

/** `SERVER:/EXPORT`. Throws `usage`. */
export function decodeShare(text: string): Share {
  const share = parseNfsMount(text);
  if (share) return { server: share.server, path: share.path.replace(/(?<=.)\/+$/, "") };
  throw new MondoError("usage", `-n ${text} is not SERVER:/EXPORT`, { hint: "Write it like -n 10.0.0.2:/srv/backup." });
}

/** Where the share is mounted already, if it is. Pure. */
export function mountPointOf(mountinfo: string, { server, path }: Share): string | undefined {
  const source = `${server}:${path}`;
  return parseMountinfo(mountinfo).find(
    (line) => /^nfs4?$/.test(line.type) && line.source.replace(/(?<=:\/.*)\/+$/, "") === source,
  )?.path;
}

/** The hints of the rescue speak of boot words. */
function forCommandLine(error: unknown): unknown {
  if (!(error instanceof MondoError)) return error;
  const hint = error.hint?.replaceAll("nfsmount=", "-n SERVER:/EXPORT");
  return new MondoError(error.code, error.message, { ...(hint === undefined ? {} : { hint }), cause: error });
}

/** What `work` gets: where the share is, and the address of this machine that its server sees. */
export interface MountedShare {
  readonly directory: string;
  readonly ipconf: IpConf | undefined;
}

/**
 * Does work with a share: where it is mounted, or mounted by us for that long (NFS 4.2 to 3). Throws a sentence about what is wrong
 * with the server or the export within half a minute.
 */
export async function withShare<T>(host: Host, share: Share, work: (mounted: MountedShare) => Promise<T>): Promise<T> {
  const address = await resolveServer(host, share.server);
  const ipconf = ownIpConf(host, address);
  const there = mountPointOf(host.readText("/proc/self/mountinfo"), share);
  if (there !== undefined) return work({ directory: there, ipconf });
  const place = { target: SHARE_DIRECTORY, readOnly: false };
  try {
    await waitForServer(host, share.server, address, TRIES);
    // The kernel of a running system loads its modules by itself.
    await mountNfs(host, { require: async () => {} }, { ...share, address }, place);
  } catch (error) {
    throw forCommandLine(error);
  }
  try {
    return await work({ directory: SHARE_DIRECTORY, ipconf });
  } finally {
    // Not lazily: what was written must have arrived before this program says that it did.
    host.unmount(SHARE_DIRECTORY);
  }
}
