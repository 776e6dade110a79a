import type { Host } from "../../host/host.ts";
import { ownIpConf } from "../../network/own-address.ts";
import { resolveServer } from "../../network/task.ts";
import { personOnTerminal } from "../person-on-terminal.ts";
import { attachRemote } from "../remote/attach-remote.ts";
import { type MountedShare, SHARE_DIRECTORY, type ShareKind, TRIES } from "../share-driver.ts";
import { pinned } from "./known-hosts.ts";
import { prepareSsh } from "./ssh-access.ts";
import { parseSshShort, parseSshUrl, renderSshUrl, type SshPlace, sshLogin } from "./ssh-place.ts";

/** In RAM, for as long as the work takes. */
const SSH_DIRECTORY = "/run/mondo/ssh-share";
/** A backup that nobody looks at must end. */
const PATIENCE_MS = 600_000;

/** What the user's configuration makes of a server (`ssh -G`), by its words in lower case. */
async function configurationOf(host: Host, place: SshPlace): Promise<ReadonlyMap<string, string>> {
  const port = place.port === undefined ? [] : ["-p", String(place.port)];
  const { stdout } = await host.run({
    argv: ["ssh", "-G", ...port, "--", sshLogin(place).replace(/[[\]]/g, "")],
    env: { HOME: host.env.HOME ?? "/root" },
    timeoutMs: 20_000,
  });
  return new Map(stdout.split("\n").map((line) => [line.replace(/ .*/, "").toLowerCase(), line.replace(/^\S+ ?/, "")]));
}

/** The server's keys as this machine knows them; `undefined` when it doesn't. */
async function knownKeys(host: Host, configuration: ReadonlyMap<string, string>): Promise<string | undefined> {
  const { get } = { get: (word: string) => configuration.get(word) ?? "" };
  const name = get("port") === "22" || get("port") === "" ? get("hostname") : `[${get("hostname")}]:${get("port")}`;
  const files = `${get("userknownhostsfile")} ${get("globalknownhostsfile")}`.split(/\s+/);
  const paths = files
    .map((file) => file.replace(/^~(?=\/)/, host.env.HOME ?? "/root"))
    .filter((file) => host.exists(file));
  let lines = "";
  for (const path of paths) {
    const argv = ["ssh-keygen", "-F", get("hostkeyalias") || name, "-f", path];
    lines += (await host.run({ argv, accept: "any", timeoutMs: 20_000 })).stdout;
  }
  return pinned(lines) || undefined;
}

/** The address of this machine that a server sees; `undefined` when its name leads nowhere (a jump host knows it). */
async function seenAddress(host: Host, server: string) {
  try {
    return ownIpConf(host, await resolveServer(host, server));
  } catch {
    return undefined;
  }
}

/** Does work with a directory of an SSH server, mounted for that long. */
async function withSsh<T>(host: Host, place: SshPlace, work: (mounted: MountedShare) => Promise<T>): Promise<T> {
  const configuration =
    host.which("ssh") === undefined ? new Map<string, string>() : await configurationOf(host, place);
  const wish = { place, knownHosts: await knownKeys(host, configuration), ownConfiguration: true, tries: TRIES };
  try {
    const { argv, env, knownHosts } = await prepareSsh(host, wish, personOnTerminal(host), SSH_DIRECTORY);
    const at = { source: `${sshLogin(place)}:${place.path}`, target: SHARE_DIRECTORY };
    const detach = await attachRemote(host, {
      ...{ kind: "sftp", ...at, argv, env, root: place.path, server: place.server, access: "write" },
      patienceMs: PATIENCE_MS,
    });
    try {
      // The rescue has no configuration of ssh.
      const [user, server, port] = ["user", "hostname", "port"].map((word) => configuration.get(word) ?? "");
      const plain = {
        user: user ?? "",
        server: server?.includes(":") ? `[${server}]` : (server ?? ""),
        port: Number(port),
      };
      const archived = (below: string) => ({
        source: renderSshUrl({ ...plain, path: place.path.replace(/\/+$/, "") + below || "/" }),
        knownHosts,
      });
      return await work({ directory: SHARE_DIRECTORY, ipconf: await seenAddress(host, plain.server), archived });
    } finally {
      await detach();
    }
  } finally {
    host.remove(SSH_DIRECTORY);
  }
}

/** SSH, by its file transfer protocol. */
export const sshShare: ShareKind = {
  syntax: "USER@SERVER:/DIR",
  decode(text) {
    const place = parseSshShort(text) ?? parseSshUrl(text);
    return place && ((host, work) => withSsh(host, place, work));
  },
};
