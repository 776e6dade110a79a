import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { type PipedProcess, startPiped } from "../../host/piped-process.ts";
import { runPiped } from "../../host/run-piped.ts";
import { processId } from "../../host/self.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, OpenStore, Share, ShareDriver, StoreWish } from "../share-driver.ts";
import { pinned } from "./known-hosts.ts";
import { type RunThere, ShellClient } from "./shell-client.ts";
import { ShellStore } from "./shell-store.ts";
import { ShellTree } from "./shell-tree.ts";
import { prepareSsh, type SshAccess } from "./ssh-access.ts";
import { readKnownKeys, readSshConfiguration, resolvedPlace, resolveSsh } from "./ssh-configuration.ts";
import { belowSsh, parseShellUrl, renderShellUrl, type SshPlace } from "./ssh-place.ts";
import { sshDirectory } from "./ssh-share.ts";

const STORE_TRIES = 3;
/** Another process may be at another server meanwhile. */
const storeDirectory = (): string => `/run/mondo/ssh-store-${processId()}`;

/** What the child that serves it is to open: `argv` logs in, and wants a command line behind it. */
export interface ShellWish {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  /** For people. */
  readonly server: string;
  readonly openingMs: number;
  readonly patienceMs?: number | undefined;
}

interface Reached extends SshAccess {
  /** As a machine reaches it that has none of this user's configuration. */
  readonly place: SshPlace;
}

type Login = Pick<MountWish, "host" | "person" | "credentials" | "ownConfiguration" | "tries" | "knownHosts">;

/** Finds out how to log in; leaves files in a directory in RAM. */
async function reach(place: SshPlace, wish: Login, directory: string): Promise<Reached> {
  const { host, ownConfiguration, person, tries, credentials } = wish;
  const configuration = ownConfiguration ? await readSshConfiguration(host, place) : new Map<string, string>();
  const given = wish.knownHosts === undefined ? undefined : pinned(wish.knownHosts);
  const knownHosts = ownConfiguration ? await readKnownKeys(host, configuration) : given;
  const login = { place, knownHosts, key: credentials?.content, ownConfiguration, tries, speaks: "shell" } as const;
  return { ...(await prepareSsh(host, login, person, directory)), place: resolvedPlace(place, configuration) };
}

/** Runs commands over one connection while that stands; where it does not, each makes its own. */
class SharedConnection {
  readonly #access: Pick<SshAccess, "argv" | "env">;
  #master: PipedProcess | undefined;

  constructor(access: Pick<SshAccess, "argv" | "env">) {
    this.#access = access;
  }

  readonly run: RunThere = (command, input) => {
    const { argv, env } = this.#access;
    this.#master ??= this.#start();
    return runPiped([...argv, command], env, input);
  };

  close(): void {
    this.#master?.kill();
  }

  /** It ends with this process, whose end is that of its input. */
  #start(): PipedProcess {
    const { argv, env } = this.#access;
    const [ssh = "ssh", ...words] = argv;
    const ended = () => {
      this.#master = undefined;
    };
    return startPiped([ssh, "-M", ...words, "exec cat"], env, { receive: () => {}, ended });
  }
}

async function openStore(place: SshPlace, wish: StoreWish): Promise<OpenStore> {
  const { host, log, patienceMs, credentials } = wish;
  const directory = storeDirectory();
  let connection: SharedConnection | undefined;
  const close = () => {
    connection?.close();
    host.remove(directory);
  };
  try {
    const reached = await reach(place, { ...wish, tries: STORE_TRIES }, directory);
    connection = new SharedConnection(reached);
    const client = new ShellClient(place.server, { host, run: connection.run, log, patienceMs });
    const share = shellAt(reached.place, reached);
    const store = ShellStore.at(host, client, reached.place);
    return { store, share, close, knownHosts: reached.knownHosts, ...(credentials ? { credentials } : {}) };
  } catch (error) {
    close();
    throw error;
  }
}

/** `open`: a login that stands for as long as this lasts. Nobody is asked for it again. */
async function mountDirectory(place: SshPlace, wish: MountWish, open?: SshAccess): Promise<MountedShare> {
  const { host, target, tries, patienceMs } = wish;
  const forget = () => host.remove(sshDirectory(target));
  try {
    await wish.modules.require("fuse");
    const reached = open ? { ...open, place } : await reach(place, wish, sshDirectory(target));
    const { argv, env, knownHosts } = reached;
    const share = shellAt(reached.place);
    const to: ShellWish = { argv, env, root: place.path, server: place.server, openingMs: tries * 5000, patienceMs };
    const unmount = await attachRemote(host, { protocol: shellShare.protocol, source: share.name, target, open: to });
    return { how: msg`read in parts`, share, knownHosts, unmount: () => unmount().finally(forget) };
  } catch (error) {
    forget();
    throw error;
  }
}

/** `open`: a store's login there. */
function shellAt(place: SshPlace, open?: SshAccess): Share {
  return {
    ...{ driver: shellShare, server: place.server, text: renderShellUrl(place), name: renderShellUrl(place) },
    below: (more) => shellAt(belowSsh(place, more), open),
    resolve: async (host) => {
      const seen = await resolveSsh(host, place);
      return { ...seen.known, share: shellAt(seen.place) };
    },
    openStore: (wish) => openStore(place, wish),
    mount: (wish) => mountDirectory(place, wish, open),
  };
}

async function openDirectory(host: Host, wish: ShellWish, log: (text: string) => void): Promise<RemoteTree> {
  const { root, server, openingMs, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const client = new ShellClient(server, { host, run: new SharedConnection(wish).run, log, patienceMs });
  const stat = await new ShellTree(client.with({ patienceMs: openingMs }), root, host.nowMs).stat("");
  if (stat) return new ShellTree(client, root, host.nowMs);
  throw new MondoError("not-found", msg`${server} has no directory ${root}`, {
    hint: msg`Make it there, or give another one.`,
  });
}

/** SSH servers that have a shell, and no file transfer protocol. */
export const shellShare: ShareDriver = {
  protocol: "ssh-shell",
  syntax: ["ssh://USER@SERVER/DIR", "ssh://USER@SERVER:PORT/DIR"],
  takes: "objects",
  credentials: "ssh-key",
  needs: { tools: ["ssh"], modules: ["fuse"] },
  parse(text) {
    const place = parseShellUrl(text);
    return place && shellAt(place);
  },
  openTree: (host, wish, log) => openDirectory(host, wish as ShellWish, log),
};
