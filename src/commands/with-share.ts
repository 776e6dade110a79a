import type { Host } from "../host/host.ts";
import type { IpConf } from "../network/ip-conf.ts";
import { ownIpConf } from "../network/own-address.ts";
import { resolveServer } from "../network/resolve-server.ts";
import { withSettingHint } from "../network/setting.ts";
import type { ArchivedNetwork } from "../shares/archived-network.ts";
import type { MountedShare, MountWish, Share } from "../shares/share-driver.ts";
import { optionHints } from "./option-hints.ts";
import { personOnTerminal } from "./person-on-terminal.ts";

/** A share that can't be reached any more must end what nobody watches. */
const PATIENCE_MS = 600_000;

/** What a share is mounted for, and where, unless it is mounted already. */
export type ShareUse = Pick<MountWish, "access" | "target" | "expected" | "credentials">;

/** For a backup; there is one at a time. */
export const forBackup: ShareUse = { access: "write", target: "/run/mondo-share", expected: "manifest.json" };

/** What work with a share gets. */
export interface ReachedShare {
  /** Where it is mounted. */
  readonly directory: string;
  /** The address of this machine that its server sees. */
  readonly ipconf: IpConf | undefined;
  /** What a restore over the network needs to find a directory below the share (`/DIR`, or nothing) again. */
  readonly archived: (below: string) => Pick<ArchivedNetwork, "source" | "knownHosts">;
}

/**
 * The address of this machine that a server sees; `undefined` when its name leads nowhere: a jump host may know it.
 */
export async function seenAddress(host: Host, { server }: Share): Promise<IpConf | undefined> {
  try {
    return ownIpConf(host, await resolveServer(host, server));
  } catch {
    return undefined;
  }
}

/** As the user of this machine mounts it, whose kernel loads modules by itself. */
function mountWish(host: Host, use: ShareUse): MountWish {
  return {
    ...{ host, modules: { require: async () => {} }, person: personOnTerminal(host) },
    ...{ ...use, tries: 3, patienceMs: PATIENCE_MS },
    // As mount.cifs(8) has it.
    user: host.env.USER ?? "root",
    ownConfiguration: true,
  };
}

type PlacedShare = MountedShare & { readonly directory: string };

/** The share where it is mounted already, and stays so. */
function mountedBefore(host: Host, share: Share): PlacedShare | undefined {
  const directory = share.mountPoint?.(host.readText("/proc/self/mountinfo"));
  return directory === undefined ? undefined : { directory, how: "mounted", share, unmount: async () => {} };
}

async function mountHere(host: Host, share: Share, use: ShareUse): Promise<PlacedShare> {
  try {
    return { directory: use.target, ...(await share.mount(mountWish(host, use))) };
  } catch (error) {
    throw withSettingHint(error, optionHints(share, use.access));
  }
}

/**
 * Does work with a share on this running machine: where it is mounted, or mounted for as long as the work takes. Throws
 * one sentence about what is wrong with the server or the share within a minute.
 */
export async function withShare<T>(
  host: Host,
  share: Share,
  use: ShareUse,
  work: (reached: ReachedShare) => Promise<T>,
): Promise<T> {
  const mounted = mountedBefore(host, share) ?? (await mountHere(host, share, use));
  const { directory, knownHosts } = mounted;
  const archived: ReachedShare["archived"] = (below) => ({
    source: mounted.share.below(below).text,
    ...(knownHosts === undefined ? {} : { knownHosts }),
  });
  try {
    return await work({ directory, archived, ipconf: await seenAddress(host, mounted.share) });
  } finally {
    await mounted.unmount();
  }
}
