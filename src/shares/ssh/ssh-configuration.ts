import type { Host } from "../../host/host.ts";
import { pinned } from "./known-hosts.ts";
import { type SshPlace, sshLogin } from "./ssh-place.ts";

const ASK_MS = 20_000;

/** What the user's configuration makes of a server: its words in lower case, with their values. */
export type SshConfiguration = ReadonlyMap<string, string>;

/** The user's configuration for a server (`ssh -G`); nothing without ssh. */
export async function readSshConfiguration(host: Host, place: SshPlace): Promise<SshConfiguration> {
  if (host.which("ssh") === undefined) return new Map();
  const port = place.port === undefined ? [] : ["-p", String(place.port)];
  const { stdout } = await host.run({
    argv: ["ssh", "-G", ...port, "--", sshLogin(place).replace(/[[\]]/g, "")],
    env: { HOME: host.env.HOME ?? "/root" },
    timeoutMs: ASK_MS,
  });
  return new Map(stdout.split("\n").map((line) => [line.replace(/ .*/, "").toLowerCase(), line.replace(/^\S+ ?/, "")]));
}

/** The server's keys as this machine knows them (`pinned`); `undefined` when it doesn't know any. */
export async function readKnownKeys(host: Host, configuration: SshConfiguration): Promise<string | undefined> {
  const get = (word: string) => configuration.get(word) ?? "";
  const name = get("port") === "22" || get("port") === "" ? get("hostname") : `[${get("hostname")}]:${get("port")}`;
  const files = `${get("userknownhostsfile")} ${get("globalknownhostsfile")}`.split(/\s+/);
  const paths = files
    .map((file) => file.replace(/^~(?=\/)/, host.env.HOME ?? "/root"))
    .filter((file) => host.exists(file));
  let lines = "";
  for (const path of paths) {
    const argv = ["ssh-keygen", "-F", get("hostkeyalias") || name, "-f", path];
    lines += (await host.run({ argv, accept: "any", timeoutMs: ASK_MS })).stdout;
  }
  return pinned(lines) || undefined;
}

/**
 * The place with user, server and port as the configuration has them: whoever has none finds the server by it. Pure.
 */
export function resolvedPlace(place: SshPlace, configuration: SshConfiguration): SshPlace {
  const [user, server, port] = ["user", "hostname", "port"].map((word) => configuration.get(word) ?? "");
  return {
    ...place,
    ...(user ? { user } : {}),
    ...(server ? { server: server.includes(":") ? `[${server}]` : server } : {}),
    ...(port ? { port: Number(port) } : {}),
  };
}

/** A place as whoever has no configuration finds it, and the server's keys if this machine knows any (`pinned`). */
export async function resolveSsh(host: Host, place: SshPlace) {
  const configuration = await readSshConfiguration(host, place);
  const knownHosts = await readKnownKeys(host, configuration);
  return { place: resolvedPlace(place, configuration), known: knownHosts === undefined ? {} : { knownHosts } };
}
