import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { startPiped } from "../../host/piped-process.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import type { RemoteTree } from "../remote/remote-tree.ts";
import type { MountedShare, MountWish, Share, ShareDriver } from "../share-driver.ts";
import { pinned } from "./known-hosts.ts";
import { SftpSession } from "./sftp-session.ts";
import { SftpTree } from "./sftp-tree.ts";
import { prepareSsh } from "./ssh-access.ts";
import { readKnownKeys, readSshConfiguration, resolvedPlace, resolveSsh } from "./ssh-configuration.ts";
import { belowSsh, parseSshShort, parseSshUrl, renderSshUrl, type SshPlace, sshLogin } from "./ssh-place.ts";

/** Keys and passwords, in RAM for as long as the share is mounted: `/run/mondo/ssh-share` for `/run/mondo-share`. */
export const sshDirectory = (target: string): string =>
  `/run/mondo/ssh-${target.slice(target.lastIndexOf("/") + 1).replace(/^mondo-/, "")}`;

/** What the child that serves it is to open: `argv` speaks SFTP on its standard input and output. */
export interface SftpWish {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The directory there. */
  readonly root: string;
  /** For people. */
  readonly server: string;
  readonly access: "read" | "write";
  /** How long a server that goes away is waited for; default: for ever. */
  readonly patienceMs?: number | undefined;
}

/** Logs in, and mounts. The files of ssh lie in `sshDirectory` then. */
async function attach(place: SshPlace, wish: MountWish): Promise<MountedShare> {
  const { host, target, access, tries, patienceMs, credentials, ownConfiguration, person } = wish;
  const configuration = ownConfiguration ? await readSshConfiguration(host, place) : new Map<string, string>();
  const given = wish.knownHosts === undefined ? undefined : pinned(wish.knownHosts);
  const known = ownConfiguration ? await readKnownKeys(host, configuration) : given;
  const login = { place, knownHosts: known, key: credentials?.content, ownConfiguration, tries };
  const { argv, env, knownHosts } = await prepareSsh(host, login, person, sshDirectory(target));
  const open: SftpWish = { argv, env, root: place.path, server: place.server, access, patienceMs };
  const source = `${sshLogin(place)}:${place.path}`;
  const unmount = await attachRemote(host, { protocol: sshShare.protocol, source, target, open });
  return { how: msg`read in parts`, share: sshAt(resolvedPlace(place, configuration)), knownHosts, unmount };
}

async function mountDirectory(place: SshPlace, wish: MountWish): Promise<MountedShare> {
  const forget = () => wish.host.remove(sshDirectory(wish.target));
  try {
    await wish.modules.require("fuse");
    const mounted = await attach(place, wish);
    return { ...mounted, unmount: () => mounted.unmount().finally(forget) };
  } catch (error) {
    forget();
    throw error;
  }
}

function sshAt(place: SshPlace): Share {
  return {
    ...{ driver: sshShare, server: place.server },
    ...{ text: renderSshUrl(place), name: `${sshLogin(place)}:${place.path}` },
    below: (more) => sshAt(belowSsh(place, more)),
    resolve: async (host) => {
      const seen = await resolveSsh(host, place);
      return { ...seen.known, share: sshAt(seen.place) };
    },
    mount: (wish) => mountDirectory(place, wish),
  };
}

async function openDirectory(host: Host, wish: SftpWish, log: (text: string) => void): Promise<RemoteTree> {
  const { argv, env, root, access, server, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const session = new SftpSession({ host, log, patienceMs, start: (events) => startPiped(argv, env, events) });
  const tree = new SftpTree(session, root, access);
  const stat = await tree.stat("");
  if (stat?.isDirectory) return tree;
  throw new MondoError("not-found", msg`${server} has no directory ${root}`, {
    hint: msg`Make it there, or give another one.`,
  });
}

/** SSH servers, by their file transfer protocol. */
export const sshShare: ShareDriver = {
  protocol: "sftp",
  syntax: ["USER@SERVER:/DIR", "sftp://USER@SERVER:PORT/DIR"],
  takes: "files",
  credentials: "ssh-key",
  needs: { tools: ["ssh"], modules: ["fuse"] },
  parse(text) {
    const place = parseSshShort(text) ?? parseSshUrl(text);
    return place && sshAt(place);
  },
  openTree: (host, wish, log) => openDirectory(host, wish as SftpWish, log),
};
