import { Secret } from "../../base/secret.ts";
import { withoutSecrets } from "../../network/web-url.ts";
import { keyFileAt } from "../../restore/key-file.ts";
import { cifsSource, parseCifs } from "../../shares/cifs/cifs-place.ts";
import { EXPORT_DIRECTORY } from "../../shares/nfs/mount-nfs.ts";
import { attachRemote, type RemoteWish } from "../../shares/remote/attach-remote.ts";
import { pinned } from "../../shares/ssh/known-hosts.ts";
import { prepareSsh, type SshPerson } from "../../shares/ssh/ssh-access.ts";
import { parseSshUrl, type SshPlace, sshLogin } from "../../shares/ssh/ssh-place.ts";
import { RUN_DIRECTORY } from "../../ui/log.ts";
import type { Rescue } from "../rescue.ts";
import { attachCifs } from "./cifs-source.ts";
import { readFromStick } from "./read-from-stick.ts";

/** What ssh needs in the rescue; in RAM. */
const SSH_DIRECTORY = `${RUN_DIRECTORY}/ssh`;

/** A source as the rescue mounts it. */
export interface SourceDirectory {
  /** URL of the directory. */
  readonly url: string;
  /** For people. */
  readonly name: string;
  /** The image in it that was named. */
  readonly image?: string;
}

function shownName(url: string): string {
  const [ssh, cifs] = [parseSshUrl(url), parseCifs(url)];
  if (cifs) return cifsSource(cifs);
  return ssh ? `${sshLogin(ssh)}:${ssh.path}` : withoutSecrets(url);
}

/** Pure: directory and image of what `mondo.source=` says. */
export function sourceDirectory(source: string): SourceDirectory {
  const path = source.replace(/(?<=[^/:])\/+$/, "");
  const slash = path.lastIndexOf("/");
  const isImage = /\.iso$/i.test(path) && slash > path.indexOf("//") + 1;
  const url = isImage ? path.slice(0, slash) : path;
  const image = isImage ? { image: decodeURIComponent(path.slice(slash + 1)) } : {};
  return { url, name: shownName(url), ...image };
}

/** Whoever sits at the console. */
function personAt({ ask, reporter }: Rescue): SshPerson {
  return {
    confirm: (text) => ask.confirm(text),
    secret: async (text) => Secret.ofText(await ask.line(text, { secret: true })),
    tell: (text) => reporter.warn(text),
  };
}

async function sshWish(rescue: Rescue, place: SshPlace, tries: number): Promise<RemoteWish & { kind: "sftp" }> {
  const { host, network, identity } = rescue;
  const { sshKey } = network.wishes;
  const wish = {
    place,
    knownHosts: identity.knownHosts === undefined ? undefined : pinned(identity.knownHosts),
    key: sshKey === undefined ? undefined : new Secret(await readFromStick(rescue, keyFileAt(sshKey))),
    ownConfiguration: false,
    tries,
  };
  const { argv, env } = await prepareSsh(host, wish, personAt(rescue), SSH_DIRECTORY);
  const where = { source: `${sshLogin(place)}:${place.path}`, target: EXPORT_DIRECTORY };
  return { kind: "sftp", ...where, argv, env, root: place.path, server: place.server, access: "read" };
}

/** Mounts the directory of a web, SSH or Windows server on EXPORT_DIRECTORY, read-only; returns how to take it away. Throws one sentence. */
export async function attachSource(
  rescue: Rescue,
  { url, name, image }: SourceDirectory,
): Promise<() => Promise<void>> {
  const { host, modules, network } = rescue;
  const { prefix, pingCount } = network.wishes;
  const tries = Math.max(1, pingCount);
  const cifs = parseCifs(url);
  if (cifs) {
    await attachCifs(rescue, cifs, tries);
    // Every mount of the rescue's export is taken down alike.
    return async () => {};
  }
  await modules.require("fuse");
  const ssh = parseSshUrl(url);
  if (!ssh) {
    const expected = image ?? (prefix === undefined ? "manifest.json" : `${prefix}-1.iso`);
    return attachRemote(host, { kind: "http", source: name, target: EXPORT_DIRECTORY, url, tries, expected });
  }
  const forget = () => host.remove(SSH_DIRECTORY);
  try {
    const detach = await attachRemote(host, await sshWish(rescue, ssh, tries));
    return async () => {
      await detach();
      forget();
    };
  } catch (error) {
    forget();
    throw error;
  }
}
