import type { Host } from "../host/host.ts";

/** What the C library reads. */
export const RESOLVER_PATH = "/etc/resolv.conf";

/** Where names are looked up: addresses, and domains that short names are looked for in. */
export interface NameService {
  readonly nameServers: readonly string[];
  readonly search: readonly string[];
}

const linesOf = (text: string, word: string) =>
  [...text.matchAll(new RegExp(`^${word} +(.*)$`, "gm"))].flatMap((match) => (match[1] ?? "").split(/\s+/));

/** Pure: resolv.conf with what it held, and then what is new; as it was when that brings no name server. */
export function renderResolver(before: string, { nameServers, search }: NameService): string {
  if (nameServers.length === 0) return before;
  const plain = search.filter((domain) => /^[A-Za-z0-9._-]+$/.test(domain));
  const domains = [...new Set([...linesOf(before, "search"), ...plain])];
  const servers = [...new Set([...linesOf(before, "nameserver"), ...nameServers])];
  const head = domains.length === 0 ? "" : `search ${domains.join(" ")}\n`;
  return head + servers.map((server) => `nameserver ${server}\n`).join("");
}

/** Adds name servers to those that are known here. */
export function addNameService(host: Host, service: NameService): void {
  const before = host.tryReadText(RESOLVER_PATH) ?? "";
  const text = renderResolver(before, service);
  if (text !== before) host.write(RESOLVER_PATH, text);
}

/** Those of an earlier network lead nowhere in another one. */
export function forgetNameServices(host: Host): void {
  if ((host.tryReadText(RESOLVER_PATH) ?? "") !== "") host.write(RESOLVER_PATH, "");
}
