import type { Host } from "../host/host.ts";
import type { IpConf } from "../network/network-words.ts";
import type { ArchivedNetwork } from "./archived-network.ts";

/** Where a share goes that isn't mounted yet. */
export const SHARE_DIRECTORY = "/run/mondo-share";
/** To reach its server. */
export const TRIES = 3;

/** What work with a share gets. */
export interface MountedShare {
  /** Where the share is. */
  readonly directory: string;
  /** The address of this machine that its server sees. */
  readonly ipconf: IpConf | undefined;
  /** What a restore over the network needs to find a directory below the share (`/DIR`, or nothing) again. */
  readonly archived: (below: string) => Pick<ArchivedNetwork, "nfsmount" | "source" | "knownHosts">;
}

/** A share that was named: does work with it mounted. */
export type Share = <T>(host: Host, work: (mounted: MountedShare) => Promise<T>) => Promise<T>;

/** One kind of server that `-n` can name. */
export interface ShareKind {
  /** As it is typed, with placeholders. */
  readonly syntax: string;
  /** Pure: the share of this kind that the text names; `undefined` when it names none. */
  decode(text: string): Share | undefined;
}

/** Modules of a running system: its kernel loads them by itself. */
export const KERNEL_LOADS = { require: async (): Promise<void> => {} } as const;

/** Does work with what lies on SHARE_DIRECTORY, and unmounts it. */
export async function whileMounted<T>(host: Host, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    // Not lazily: what was written must have arrived before this program says that it did.
    host.unmount(SHARE_DIRECTORY);
  }
}
