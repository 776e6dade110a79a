import { MondoError } from "../../base/errors.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { parseNfsMount } from "../../network/network-words.ts";
import { ownIpConf } from "../../network/own-address.ts";
import { waitForServer } from "../../network/reach.ts";
import { resolveServer } from "../../network/task.ts";
import {
  KERNEL_LOADS,
  type MountedShare,
  SHARE_DIRECTORY,
  type ShareKind,
  TRIES,
  whileMounted,
} from "../share-driver.ts";
import { mountNfs } from "./mount-nfs.ts";

/** An NFS export as `-n` names it. */
export interface NfsShare {
  readonly server: string;
  readonly path: string;
}

/** `SERVER:/EXPORT`; `undefined` for anything else. Pure. */
export function decodeNfsShare(text: string): NfsShare | undefined {
  const share = parseNfsMount(text);
  return share && { server: share.server, path: share.path.replace(/(?<=.)\/+$/, "") };
}

/** Where the share is mounted already, if it is. Pure. */
export function mountPointOf(mountinfo: string, { server, path }: NfsShare): string | undefined {
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

/**
 * Does work with an export: where it is mounted, or mounted by us for that long (NFS 4.2 to 3). Throws a sentence about what is wrong
 * with the server or the export within half a minute.
 */
async function withNfs<T>(host: Host, share: NfsShare, work: (mounted: MountedShare) => Promise<T>): Promise<T> {
  const { server, path } = share;
  const address = await resolveServer(host, server);
  const ipconf = ownIpConf(host, address);
  const archived = (below: string) => ({ nfsmount: `${server}:${path === "/" ? below || "/" : path + below}` });
  const there = mountPointOf(host.readText("/proc/self/mountinfo"), share);
  if (there !== undefined) return work({ directory: there, ipconf, archived });
  try {
    await waitForServer(host, server, address, TRIES);
    const place = { target: SHARE_DIRECTORY, readOnly: false };
    await mountNfs(host, KERNEL_LOADS, { ...share, address }, place);
  } catch (error) {
    throw forCommandLine(error);
  }
  return whileMounted(host, () => work({ directory: SHARE_DIRECTORY, ipconf, archived }));
}

/** NFS. */
export const nfsShare: ShareKind = {
  syntax: "SERVER:/EXPORT",
  decode(text) {
    const share = decodeNfsShare(text);
    return share && ((host, work) => withNfs(host, share, work));
  },
};
