import { MondoError } from "../base/errors.ts";
import { canonicalIpv6 } from "../base/ipv6.ts";
import { msg } from "../base/message.ts";
import { answerOfChild, askChild } from "../host/ask-child.ts";
import type { Host } from "../host/host.ts";
import { lookUpHost } from "../host/self.ts";
import { isAddress } from "./ip-conf.ts";
import { ipv4Routes } from "./own-address.ts";
import { cure } from "./setting.ts";

/** First word of this program when it is started as the child that looks a name up: the C library may take minutes. */
export const RESOLVE_TASK = "resolve-task";
const RESOLVE_MS = 15_000;

/** The child's work: the address of a name, IPv4 first where this machine has a route for it. */
export const runResolveTask = (host: Host, name: string): Promise<string> =>
  answerOfChild(async () => ({ address: await lookUpHost(name, ipv4Routes(host).length > 0 ? 4 : 6) }));

/** The address of a server, IPv6 without brackets. Throws `not-found`. */
export async function resolveServer(host: Host, server: string): Promise<string> {
  const given = server.replace(/^\[(.*)\]$/, "$1");
  if (isAddress(given)) return canonicalIpv6(given) ?? given;
  const answer = await askChild<{ readonly address: string }>(host, [RESOLVE_TASK, server], RESOLVE_MS);
  if (answer.result === "done" && isAddress(answer.value.address)) return answer.value.address;
  const hasServers = /^nameserver /m.test(host.tryReadText("/etc/resolv.conf") ?? "");
  const because = hasServers ? msg`no name server knows it or answers` : msg`no name server is known here`;
  throw new MondoError("not-found", msg`the address of the server ${server} can't be found: ${because}`, {
    hint: msg`Give the server's address.`,
    ...cure("name-server"),
  });
}
