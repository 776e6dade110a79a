import { MondoError } from "../base/errors.ts";
import { canonicalIpv6, parseIpv6 } from "../base/ipv6.ts";
import { msg } from "../base/message.ts";
import type { RouterAdvertisement } from "../formats/network/router-advertisement.ts";
import type { Host } from "../host/host.ts";
import { addDefaultRoute6, addLinkAddress6 } from "../host/link-control6.ts";
import type { IpConf } from "./ip-conf.ts";
import { describeLink, type Link } from "./links.ts";
import { cure } from "./setting.ts";

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
/** The kernel probes an address that it made of a prefix for 1 to 2 s; without a prefix none comes. */
const PREFIX_MS = 3000;
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

/** Takes every IPv6 address and route of a card away, and lets the kernel ask for routers again. */
export function restartIpv6(host: Host, device: string): void {
  const path = `/proc/sys/net/ipv6/conf/${device}/disable_ipv6`;
  if (!host.exists(path)) {
    throw new MondoError("system", msg`this kernel does not support IPv6`, { hint: msg`Use an IPv4 address.` });
  }
  for (const value of ["1", "0"]) host.poke(path, `${value}\n`);
}

const isOn =
  ({ name }: Link, isMeant: (line: Ipv6Line) => boolean) =>
  (line: Ipv6Line) =>
    line.device === name && isMeant(line);

/** An address of a card that is ready for use, if one is. Throws when somebody else has it. */
function readyAddress(host: Host, link: Link, isMeant: (line: Ipv6Line) => boolean): Ipv6Line | undefined {
  const found = lines(host).filter(isOn(link, isMeant));
  const ready = found.find(({ state }) => state === "ready");
  const taken = ready ? undefined : found.find(({ state }) => state === "taken");
  if (!taken) return ready;
  throw new MondoError("system", msg`another machine on the network of ${describeLink(link)} has ${taken.address}`, {
    hint: msg`Take the address away from the other machine.`,
    ...cure("address6"),
  });
}

/**
 * Waits for an address that the card was given. Throws `system` when the card doesn't take it, or another machine has
 * it.
 */
export async function waitForAddress(host: Host, link: Link, address: string): Promise<Ipv6Line> {
  const end = host.nowMs() + PROBE_MS;
  for (;;) {
    const ready = readyAddress(host, link, (line) => line.address === address);
    if (ready) return ready;
    if (host.nowMs() >= end) break;
    await host.sleep(LOOK_EVERY_MS);
  }
  throw new MondoError("system", msg`${describeLink(link)} does not take the address ${address}`);
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
  return waitForAddress(host, link, canonicalIpv6(conf.address) ?? conf.address);
}

/**
 * What a router has led to: an address that the kernel made of its prefix, or none (yet) when addresses come by DHCPv6.
 */
export interface RouterAnswer {
  readonly line: Ipv6Line | undefined;
  /** Absent when none was seen. */
  readonly advertisement: RouterAdvertisement | undefined;
}

/**
 * Waits for the address that the kernel derives from a router's advertisement, or for a router that refers to DHCPv6;
 * `next` returns the last advertisement since. Throws `not-found` when no router does either.
 */
export async function waitForRouter(
  host: Host,
  link: Link,
  next: () => RouterAdvertisement | undefined,
): Promise<RouterAnswer> {
  const settings = `/proc/sys/net/ipv6/conf/${link.name}`;
  for (const name of ["accept_ra", "autoconf"])
    if (host.exists(`${settings}/${name}`)) host.poke(`${settings}/${name}`, "1\n");
  restartIpv6(host, link.name);
  const began = host.nowMs();
  let advertisement: RouterAdvertisement | undefined;
  let seenMs: number | undefined;
  for (;;) {
    const said = next();
    if (said) [advertisement, seenMs] = [said, seenMs ?? host.nowMs()];
    const line = readyAddress(host, link, ({ isGlobal }) => isGlobal);
    // The kernel's address and our copy of what made it come at about the same time.
    if (line && (advertisement || host.nowMs() - began >= ROUTER_MS)) return { line, advertisement };
    const hasLocal = readyAddress(host, link, ({ isGlobal }) => !isGlobal) !== undefined;
    const isOnlyManaged = advertisement?.managed && hasLocal && host.nowMs() - (seenMs ?? 0) >= PREFIX_MS;
    if (isOnlyManaged) return { line: undefined, advertisement };
    if (host.nowMs() - began >= ROUTER_MS) break;
    await host.sleep(LOOK_EVERY_MS);
  }
  throw new MondoError("not-found", msg`no router gives ${describeLink(link)} an IPv6 network`, {
    hint: msg`Look at the router's advertisements and the cable.`,
    ...cure("address6"),
  });
}
