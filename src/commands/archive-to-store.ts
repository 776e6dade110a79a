import { directoryNameOf } from "../archive/set/dated-sets.ts";
import { openSet } from "../archive/set/open-set.ts";
import { describeHost } from "../backup/describe-host.ts";
import { checkedRemoval } from "../backup/old-sets.ts";
import { removeInStore } from "../backup/retention/remove-in-store.ts";
import { verifyIso } from "../backup/verify-iso.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { renderIpConf } from "../network/ip-conf.ts";
import { withSettingHint } from "../network/setting.ts";
import type { OpenStore, Share } from "../shares/share-driver.ts";
import type { ArchiveOptions } from "./archive-options.ts";
import type { CommandContext } from "./command.ts";
import { credentialsOf } from "./credentials-option.ts";
import { optionHints } from "./option-hints.ts";
import { personOnTerminal } from "./person-on-terminal.ts";
import { type ReachedShare, seenAddress, withShare } from "./with-share.ts";
import { setTarget } from "./with-shared-set.ts";

const PATIENCE_MS = 60_000;

/** The store at a share that takes objects, for this user of this machine. */
export async function openStoreAt({ host, words, reporter }: CommandContext, share: Share): Promise<OpenStore> {
  const who = { host, person: personOnTerminal(host), ownConfiguration: true, ...credentialsOf(host, words) };
  const open = await share.openStore?.({ ...who, log: (text) => reporter.log(text), patienceMs: PATIENCE_MS });
  if (open) return open;
  throw new Error(msg`${share.name} takes no objects`);
}

/** Does work with a store that is mounted to be read. */
export function withStoreMounted<T>(
  host: Host,
  { share, credentials }: OpenStore,
  work: (reached: ReachedShare) => Promise<T>,
): Promise<T> {
  const use = { access: "read", target: setTarget(), expected: "manifest.json" } as const;
  return withShare(host, share, { ...use, ...(credentials ? { credentials } : {}) }, work);
}

/** A backup to a store that is known to take what is written. */
export interface PlacedBackup {
  /** With what a restore needs to find it again. */
  readonly options: ArchiveOptions;
  /** The part of the store that is this machine's. */
  readonly open: OpenStore;
}

/** Throws one sentence about server, place or login within some seconds. */
export async function placeInStore(
  context: CommandContext,
  options: ArchiveOptions,
  named: Share,
  reporter: Reporter,
): Promise<PlacedBackup> {
  const { host } = context;
  const { store, share, ...login } = await openStoreAt({ ...context, reporter }, named);
  try {
    if (options.backup) await store.tryOut((text) => reporter.warn(text));
  } catch (error) {
    login.close?.();
    throw withSettingHint(error, optionHints(share, "write"));
  }
  const below = `/${directoryNameOf(describeHost(host, options.root).name)}`;
  const own = { ...login, store: store.below(below), share: share.below(below) };
  const ipconf = await seenAddress(host, share);
  const keys = login.knownHosts === undefined ? {} : { knownHosts: login.knownHosts };
  const found = { ...(ipconf ? { ipconf: renderIpConf(ipconf) } : {}), ...keys };
  host.makeDirectory(options.directory);
  const network = { source: own.share.text, prefix: options.prefix, ...found };
  return { options: { ...options, medium: { kind: "store", store }, network }, open: own };
}

/** How a place below the directory that a store is mounted at is called there. */
const shownIn =
  ({ store }: Pick<OpenStore, "store">, directory: string) =>
  (path: string): string =>
    path.startsWith(directory) ? `${store.name}${path.slice(directory.length)}` : path;

/** Removes from a store what no rule keeps beside the set that was just made. */
export function pruneInStore(
  host: Host,
  { open, options }: PlacedBackup,
  made: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { storeKeep: keep, setName } = options;
  if (keep === undefined) return Promise.resolve();
  return withStoreMounted(host, open, async ({ directory }) => {
    const store = open.store.with({ patienceMs: PATIENCE_MS, signal });
    const home = `${directory}/${directoryNameOf(setName)}`;
    const newest = `${home}/${made.slice(made.lastIndexOf("/") + 1)}`;
    const shown = shownIn(open, directory);
    const remove = removeInStore(store, directory);
    const isChecked = store.comparesDigests;
    const retention = { request: { directory: home }, newest, keep, remove, isChecked, shown };
    try {
      await (await checkedRemoval(host, retention, reporter, signal))();
    } finally {
      store.close?.();
    }
  });
}

/**
 * Reads back the newest set of this machine and prefix in a store, which is the one that was made just now, if any;
 * returns the number of differences.
 */
export function verifyInStore(
  host: Host,
  { open, options }: PlacedBackup,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  return withStoreMounted(host, open, ({ directory }) => {
    const { name } = openSet(host, directory, options.prefix);
    return verifyIso(host, options, name, reporter, signal, { shown: shownIn(open, directory)(name) });
  });
}
