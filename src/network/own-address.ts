import { formatIpv4, parseIpv4, prefixOfMask, sameNetwork } from "../base/ipv4.ts";
import type { Host } from "../host/host.ts";
import { readLinkAddress } from "../host/link-control.ts";
import type { IpConf } from "./ip-conf.ts";

/** A line of /proc/net/route: addresses as numbers. */
export interface RouteLine {
  readonly device: string;
  readonly destination: number;
  readonly gateway: number;
  readonly netmask: number;
}

/** Hexadecimal, in the order of this machine's bytes. */
const addressOf = (hex: string): number => {
  const bytes = hex.match(/../g)?.map((part) => Number.parseInt(part, 16)) ?? [];
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
};

/** Pure: the IPv4 routes of /proc/net/route. */
export function parseRoutes(text: string): RouteLine[] {
  return text.split("\n").flatMap((line) => {
    const [device = "", destination = "", gateway = "", , , , , netmask = ""] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(netmask)) return [];
    return [{ device, destination: addressOf(destination), gateway: addressOf(gateway), netmask: addressOf(netmask) }];
  });
}

/** The IPv4 routes of this machine; none where its kernel has no IPv4. */
export const ipv4Routes = (host: Host): RouteLine[] => parseRoutes(host.tryReadText("/proc/net/route") ?? "");

/** Pure: the route that packets to an address take: the one with the longest netmask. */
export function routeTo(routes: readonly RouteLine[], address: number): RouteLine | undefined {
  return routes
    .filter(({ destination, netmask }) => sameNetwork(address, destination, netmask))
    .sort((a, b) => prefixOfMask(b.netmask) - prefixOfMask(a.netmask))[0];
}

/** The fixed address of the card over which this machine reaches another by IPv4; `undefined` without one. */
export function ownIpConf(host: Host, address: string): IpConf | undefined {
  const server = parseIpv4(address);
  if (server === undefined) return undefined;
  const routes = ipv4Routes(host);
  const device = routeTo(routes, server)?.device;
  const own = device === undefined ? undefined : readLinkAddress(device);
  if (device === undefined || !own || own.address === 0) return undefined;
  const gateway = routes.find((route) => route.netmask === 0 && route.device === device)?.gateway ?? 0;
  return {
    ...{ device, method: "static", address: formatIpv4(own.address), netmask: formatIpv4(own.netmask) },
    ...{ broadcast: formatIpv4(own.broadcast), gateway: formatIpv4(gateway) },
  };
}
