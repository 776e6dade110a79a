import { MondoError, messageOf } from "../base/errors.ts";
import { canonicalIpv6 } from "../base/ipv6.ts";
import type { Host } from "../host/host.ts";
import { lookUpHost, selfCommand } from "../host/self.ts";
import { readInput } from "../host/standard-streams.ts";
import { isAddress } from "./network-words.ts";
import { ipv4Routes } from "./own-address.ts";
import { cure } from "./setting.ts";

/** First word of this program when it is started as a child for something that may hang. */
export const NETWORK_TASK = "network-task";

/**
 * The work of a child, as it may hang: `resolve NAME`, or `mount` with its arguments on standard input (options may
 * hold a password, which must not show on a command line). The answer is one line of JSON on standard output:
 * `{"address":…}`, `{}` or `{"error":…,"errno":…}`.
 */
export async function runNetworkTask(host: Host, words: readonly string[], input = readInput): Promise<string> {
  const [what, name = ""] = words;
  try {
    // IPv4 first, where this machine has a way by it.
    if (what === "resolve") {
      return JSON.stringify({ address: await lookUpHost(name, ipv4Routes(host).length > 0 ? 4 : 6) });
    }
    const { type, source, target, data, readOnly } = JSON.parse(await input()) as NetworkMount;
    const flags = ["noSuid", "noDev", "noExec", ...(readOnly ? (["readOnly"] as const) : [])] as const;
    host.mount({ source, target, type, flags, data });
    return "{}";
  } catch (error) {
    const number = error instanceof MondoError ? error.data.errno : undefined;
    return JSON.stringify({ error: messageOf(error), ...(typeof number === "number" ? { errno: number } : {}) });
  }
}

/** How a child's work ended. */
export type TaskAnswer =
  | { readonly result: "done"; readonly address: string }
  | { readonly result: "failed"; readonly reason: string; readonly errno: number }
  | { readonly result: "timeout" };

/** Starts a child for the task and waits at most `timeoutMs`; then it is killed. */
async function runInChild(
  host: Host,
  words: readonly string[],
  timeoutMs: number,
  input?: string,
): Promise<TaskAnswer> {
  const began = host.nowMs();
  try {
    const { stdout } = await host.run({
      ...{ argv: selfCommand([NETWORK_TASK, ...words]), timeoutMs },
      ...(input === undefined ? {} : { input }),
    });
    const answer = JSON.parse(stdout) as { address?: string; error?: string; errno?: number };
    if (answer.error === undefined) return { result: "done", address: answer.address ?? "" };
    return { result: "failed", reason: answer.error, errno: answer.errno ?? 0 };
  } catch (error) {
    if (host.nowMs() - began >= timeoutMs) return { result: "timeout" };
    return { result: "failed", reason: messageOf(error), errno: 0 };
  }
}

/** What a child is to mount: `data` are the file system's options in the kernel's words. */
export interface NetworkMount {
  /** As in /proc/filesystems. */
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly data: string;
  readonly readOnly: boolean;
}

/** mount(2) of a network file system, with a deadline. */
export function mountInChild(host: Host, mount: NetworkMount, timeoutMs: number): Promise<TaskAnswer> {
  return runInChild(host, ["mount"], timeoutMs, JSON.stringify(mount));
}

const RESOLVE_MS = 15_000;

/** The address of a server, IPv6 without brackets. Throws `not-found`. */
export async function resolveServer(host: Host, server: string): Promise<string> {
  const given = server.replace(/^\[(.*)\]$/, "$1");
  if (isAddress(given)) return canonicalIpv6(given) ?? given;
  const answer = await runInChild(host, ["resolve", server], RESOLVE_MS);
  if (answer.result === "done" && isAddress(answer.address)) return answer.address;
  const hasServers = /^nameserver /m.test(host.tryReadText("/etc/resolv.conf") ?? "");
  const because = hasServers ? "no name server knows it or answers" : "no name server is known here";
  throw new MondoError("not-found", `the address of the server ${server} can't be found: ${because}`, {
    hint: "Give the server's address.",
    ...cure("name-server"),
  });
}
