import { MondoError } from "../../base/errors.ts";
import { canonicalIpv6, parseIpv6 } from "../../base/ipv6.ts";
import type { Host } from "../../host/host.ts";
import { addDefaultRoute6, addLinkAddress6 } from "../../host/link-control6.ts";
import type { IpConf } from "../network-words.ts";
import { describeLink, type Link } from "./links.ts";

/** A line of /proc/net/if_inet6. */
export interface Ipv6Line {
  readonly device: string;
  /** In the short form. */
  readonly address: string;
  readonly prefixLength: number;
  readonly isGlobal: boolean;
  /** `tentative`: the kernel still asks whether somebody else has it; `taken`: somebody does. */
  readonly state: "ready" | "tentative" | "taken";
}

/** Flags of an address. Source: linux/if_addr.h. */
const [TENTATIVE, DAD_FAILED] = [0x40, 0x08];
/** Three solicitations of the kernel, 4 s apart, and some for a slow router. Source: RFC 4861, 6.3.7. */
const ROUTER_MS = 15_000;
const PROBE_MS = 6000;
const LOOK_EVERY_MS = 50;

/** Pure: the IPv6 addresses of all interfaces. */
export function parseIpv6Lines(text: string): Ipv6Line[] {
  return text.split("\n").flatMap((line) => {
    const [hex = "", , length = "", scope = "", flagText = "", device = ""] = line.trim().split(/\s+/);
    const address = canonicalIpv6(hex.match(/.{4}/g)?.join(":") ?? "");
    if (address === undefined || device === "") return [];
    const flags = Number.parseInt(flagText, 16);
    const state = flags & DAD_FAILED ? "taken" : flags & TENTATIVE ? "tentative" : "ready";
    return [{ device, address, prefixLength: Number.parseInt(length, 16), isGlobal: scope === "00", state }];
  });
}

const lines = (host: Host) => parseIpv6Lines(host.tryReadText("/proc/net/if_inet6") ?? "");

/** Takes every IPv6 address and route of a card away, and lets the kernel ask for routers anew. */
export function restartIpv6(host: Host, device: string): void {
  const path = `/proc/sys/net/ipv6/conf/${device}/disable_ipv6`;
  if (!host.exists(path)) {
    throw new MondoError("system", "the kernel of this rescue system knows no IPv6", { hint: "Use an IPv4 address." });
  }
  for (const value of ["1", "0"]) host.poke(path, `${value}\n`);
}

/** Waits for an address of a card to be ready for use; `undefined` when the time is up. Throws when somebody else has it. */
async function waitUntilReady(
  host: Host,
  link: Link,
  isMeant: (line: Ipv6Line) => boolean,
  limitMs: number,
): Promise<Ipv6Line | undefined> {
  const end = host.nowMs() + limitMs;
  for (;;) {
    const found = lines(host).filter((line) => line.device === link.name && isMeant(line));
    const ready = found.find(({ state }) => state === "ready");
    if (ready) return ready;
    const taken = found.find(({ state }) => state === "taken");
    if (taken) {
      throw new MondoError("system", `another machine on the network of ${describeLink(link)} has ${taken.address}`, {
        hint: "Give this machine an address of its own in ipconf=.",
      });
    }
    if (host.nowMs() >= end) return undefined;
    await host.sleep(LOOK_EVERY_MS);
  }
}

/** Gives a card the address that was asked for. Throws `system`. */
export async function applyStatic6(
  host: Host,
  link: Link,
  conf: IpConf & { readonly method: "static6" },
): Promise<Ipv6Line> {
  restartIpv6(host, link.name);
  const [address, gateway] = [parseIpv6(conf.address), parseIpv6(conf.gateway ?? "")];
  if (address) addLinkAddress6(link.name, link.index, address, conf.prefixLength);
  if (gateway) addDefaultRoute6(link.name, link.index, gateway);
  const wanted = canonicalIpv6(conf.address);
  const ready = await waitUntilReady(host, link, (line) => line.address === wanted, PROBE_MS);
  if (ready) return ready;
  throw new MondoError("system", `${describeLink(link)} does not take the address ${conf.address}`);
}

/** Waits for the address that the kernel makes of what a router says. Throws `not-found` when none does. */
export async function waitForRouter(host: Host, link: Link): Promise<Ipv6Line> {
  const settings = `/proc/sys/net/ipv6/conf/${link.name}`;
  for (const name of ["accept_ra", "autoconf"])
    if (host.exists(`${settings}/${name}`)) host.poke(`${settings}/${name}`, "1\n");
  restartIpv6(host, link.name);
  const ready = await waitUntilReady(host, link, ({ isGlobal }) => isGlobal, ROUTER_MS);
  if (ready) return ready;
  throw new MondoError("not-found", `no router gives ${describeLink(link)} an IPv6 network`, {
    hint: "Look at the router's advertisements and the cable, or give the address yourself: ipconf=DEV:[ADDRESS]/64:[GATEWAY].",
  });
}
