import { formatIpv4, parseIpv4, sameNetwork } from "../base/ipv4.ts";
import type { Host } from "../host/host.ts";
import { addLinkRoute, type Ipv4Route, setLinkAddress } from "../host/link-control.ts";
import type { IpConf } from "./ip-conf.ts";
import { addNameService, type NameService } from "./resolver.ts";

/** An address with all that belongs to it. Addresses are numbers. */
export interface AddressSetup {
  readonly address: number;
  readonly netmask: number;
  readonly broadcast: number;
  readonly routes: readonly Ipv4Route[];
  readonly nameServers: readonly number[];
  /** Empty when there is none. */
  readonly domain: string;
}

/** Pure: a fixed address with its route. A gateway of 0.0.0.0, or the card's own address, is none. */
export function staticSetup(conf: IpConf & { readonly method: "static" }): AddressSetup {
  const number = (text: string) => parseIpv4(text) ?? 0;
  const [address, gateway] = [number(conf.address), number(conf.gateway)];
  return {
    address,
    netmask: number(conf.netmask),
    broadcast: number(conf.broadcast),
    routes: gateway === 0 || gateway === address ? [] : [{ destination: 0, netmask: 0, gateway }],
    nameServers: [],
    domain: "",
  };
}

/**
 * Pure: routes in an order in which the kernel takes them: those on the link first, and one to each gateway that lies
 * outside of the card's network (as clouds and providers have it).
 */
export function orderRoutes({ address, netmask, routes }: AddressSetup): Ipv4Route[] {
  const direct = routes.filter(({ gateway }) => gateway === 0);
  const rest = routes.filter(({ gateway }) => gateway !== 0);
  const onLink = (to: number) =>
    sameNetwork(to, address, netmask) || direct.some((route) => sameNetwork(to, route.destination, route.netmask));
  const strangers = [...new Set(rest.map(({ gateway }) => gateway).filter((gateway) => !onLink(gateway)))];
  const toGateways = strangers.map((gateway) => ({ destination: gateway, netmask: 0xffffffff, gateway: 0 }));
  return [...direct, ...toGateways, ...rest];
}

const nameServiceOf = ({ nameServers, domain }: AddressSetup): NameService => ({
  nameServers: nameServers.map(formatIpv4),
  search: [domain],
});

/** Gives a card its address, routes and name servers; what it had before goes. Throws `system`. */
export function applyAddress(host: Host, device: string, setup: AddressSetup): void {
  // The routes of the old address go with it; one that stayed would win over the new one.
  setLinkAddress(device, 0, 0, 0);
  setLinkAddress(device, setup.address, setup.netmask, setup.broadcast);
  for (const route of orderRoutes(setup)) addLinkRoute(device, route);
  addNameService(host, nameServiceOf(setup));
}
