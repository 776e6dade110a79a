import type { Host } from "../host/host.ts";
import type { IpConf } from "../network/network-words.ts";
import { ownIpConf } from "../network/own-address.ts";
import { withSettingHint } from "../network/setting.ts";
import { resolveServer } from "../network/task.ts";
import type { ArchivedNetwork } from "../shares/archived-network.ts";
import type { MountedShare, MountWish, Share } from "../shares/share-driver.ts";
import { optionHints } from "./option-hints.ts";
import { personOnTerminal } from "./person-on-terminal.ts";

/** Where a share goes that isn't mounted yet. */
const SHARE_DIRECTORY = "/run/mondo-share";
/** A backup that nobody looks at must end. */
const PATIENCE_MS = 600_000;

/** What work with a share gets. */
export interface ReachedShare {
  /** Where it is mounted. */
  readonly directory: string;
  /** The address of this machine that its server sees. */
  readonly ipconf: IpConf | undefined;
  /** What a restore over the network needs to find a directory below the share (`/DIR`, or nothing) again. */
  readonly archived: (below: string) => Pick<ArchivedNetwork, "source" | "knownHosts">;
}

/** `undefined` when the server's name leads nowhere: a jump host may know it. */
async function seenAddress(host: Host, { server }: Share): Promise<IpConf | undefined> {
  try {
    return ownIpConf(host, await resolveServer(host, server));
  } catch {
    return undefined;
  }
}

/** As the user of this machine mounts it, whose kernel loads modules by itself. */
function mountWish(host: Host): MountWish {
  return {
    ...{ host, modules: { require: async () => {} }, person: personOnTerminal(host) },
    ...{ target: SHARE_DIRECTORY, access: "write", tries: 3, patienceMs: PATIENCE_MS, expected: "manifest.json" },
    // As mount.cifs(8) has it.
    user: host.env.USER ?? "root",
    ownConfiguration: true,
  };
}

/** The share where it is mounted already, which it stays. */
function mountedBefore(host: Host, share: Share): (MountedShare & { readonly directory: string }) | undefined {
  const directory = share.mountPoint?.(host.readText("/proc/self/mountinfo"));
  return directory === undefined ? undefined : { directory, how: "mounted", share, unmount: async () => {} };
}

async function mountHere(host: Host, share: Share): Promise<MountedShare & { readonly directory: string }> {
  try {
    return { directory: SHARE_DIRECTORY, ...(await share.mount(mountWish(host))) };
  } catch (error) {
    throw withSettingHint(error, optionHints(share));
  }
}

/**
 * Does work with a share on this running machine: where it is mounted, or mounted for as long as the work takes. Throws
 * one sentence about what is wrong with the server or the share within a minute.
 */
export async function withShare<T>(host: Host, share: Share, work: (reached: ReachedShare) => Promise<T>): Promise<T> {
  const mounted = mountedBefore(host, share) ?? (await mountHere(host, share));
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
