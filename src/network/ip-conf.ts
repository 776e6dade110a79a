import { isNetmask, parseIpv4 } from "../base/ipv4.ts";
import { canonicalIpv6 } from "../base/ipv6.ts";

/**
 * The address of one card. `device` is a name, or a hardware address with colons; `undefined` (`*` as text) is the card
 * that the machine was started over, or the only one with a cable.
 */
export type IpConf =
  | { readonly device: string | undefined; readonly method: "dhcp" }
  /** IPv6, from what routers say. */
  | { readonly device: string | undefined; readonly method: "auto6" }
  | {
      readonly device: string | undefined;
      readonly method: "static6";
      readonly address: string;
      readonly prefixLength: number;
      readonly gateway?: string;
    }
  | {
      readonly device: string | undefined;
      readonly method: "static";
      readonly address: string;
      readonly netmask: string;
      readonly broadcast: string;
      readonly gateway: string;
    };

const DEVICE = /^[^\s:/]{1,15}$/;
const MAC = "[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}";
const SPLIT = new RegExp(`^(${MAC}|[^:]*):(.*)$`, "i");

/** A hardware address with colons or hyphens, as lower-case text with colons; `undefined` for anything else. */
export function parseMac(text: string): string | undefined {
  return new RegExp(`^${MAC}$`, "i").test(text) ? text.toLowerCase().replaceAll("-", ":") : undefined;
}

/** PXELINUX's `BOOTIF=01-52-54-…` (type of hardware, address): the hardware address; `undefined` for anything else. */
export function parseBootIf(text: string): string | undefined {
  return parseMac(text.replace(/^[0-9a-f]{2}[:-](?=.{17}$)/i, ""));
}

/** Whether a text is an address of either kind, without brackets. */
export const isAddress = (text: string): boolean => parseIpv4(text) !== undefined || canonicalIpv6(text) !== undefined;

/** An IPv6 address and the length of its prefix; `undefined` when they are none. Addresses get their short form. */
export function staticIpv6(
  device: string | undefined,
  address: string,
  length: string,
  gateway = "",
): IpConf | undefined {
  const [own, router] = [canonicalIpv6(address), canonicalIpv6(gateway)];
  const bad = !/^\d{1,3}$/.test(length) || Number(length) < 1 || Number(length) > 128;
  if (own === undefined || bad || (gateway !== "" && router === undefined)) return undefined;
  const conf = { device, method: "static6", address: own, prefixLength: Number(length) } as const;
  return router === undefined ? conf : { ...conf, gateway: router };
}

/**
 * `DEV:dhcp`, `DEV:auto6`, `DEV:IP:NETMASK:BROADCAST:GATEWAY` or `DEV:[IPV6]/LENGTH[:[GATEWAY]]`, where DEV is a name,
 * a hardware address or `*`; `undefined` for anything else.
 */
export function parseIpConf(text: string): IpConf | undefined {
  const [, dev = "", rest = ""] = SPLIT.exec(text) ?? [];
  const given = parseMac(dev) ?? dev;
  if (!DEVICE.test(given) && parseMac(given) === undefined) return undefined;
  const device = given === "*" ? undefined : given;
  if (rest === "dhcp" || rest === "auto6") return { device, method: rest };
  const [, own, length = "", router] = /^\[([^\]]*)\]\/(\d+)(?::\[([^\]]*)\])?$/.exec(rest) ?? [];
  if (own !== undefined) return staticIpv6(device, own, length, router);
  const [address = "", netmask = "", broadcast = "", gateway = "", ...more] = rest.split(":");
  const mask = parseIpv4(netmask);
  const others = [address, broadcast, gateway].map(parseIpv4);
  if (more.length > 0 || mask === undefined || !isNetmask(mask) || others.includes(undefined)) return undefined;
  return { device, method: "static", address, netmask, broadcast, gateway };
}

/** The text that `parseIpConf` understands as this. */
export function renderIpConf(conf: IpConf): string {
  const device = conf.device ?? "*";
  if (conf.method === "dhcp" || conf.method === "auto6") return `${device}:${conf.method}`;
  if (conf.method === "static6") {
    const gateway = conf.gateway === undefined ? "" : `:[${conf.gateway}]`;
    return `${device}:[${conf.address}]/${conf.prefixLength}${gateway}`;
  }
  return [device, conf.address, conf.netmask, conf.broadcast, conf.gateway].join(":");
}
