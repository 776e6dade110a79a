import { isNetmask, parseIpv4 } from "../base/ipv4.ts";
import { canonicalIpv6 } from "../base/ipv6.ts";
import { parseCifs, renderCifs } from "../shares/cifs/cifs-place.ts";
import { parseSshShort, parseSshUrl, renderSshUrl } from "../shares/ssh/ssh-place.ts";

/**
 * Address of one card, as `ipconf=` gives it. `device` is a name, or a hardware address with colons; `undefined` (`*` in the word) is
 * the card that the machine was started over, or the only one with a cable.
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

/** `DEV:dhcp`, `DEV:auto6`, `DEV:IP:NETMASK:BROADCAST:GATEWAY` or `DEV:[IPV6]/LENGTH[:[GATEWAY]]`, DEV a name, a hardware address or `*`; `undefined` for anything else. */
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

/** The word's value that `parseIpConf` understands as this. */
export function renderIpConf(conf: IpConf): string {
  const device = conf.device ?? "*";
  if (conf.method === "dhcp" || conf.method === "auto6") return `${device}:${conf.method}`;
  if (conf.method === "static6") {
    const gateway = conf.gateway === undefined ? "" : `:[${conf.gateway}]`;
    return `${device}:[${conf.address}]/${conf.prefixLength}${gateway}`;
  }
  return [device, conf.address, conf.netmask, conf.broadcast, conf.gateway].join(":");
}

/** `SERVER:/EXPORT`, a bracketed IPv6 address included; `undefined` for anything else, `USER@SERVER:/DIR` too, which is SSH. */
export function parseNfsMount(text: string): { readonly server: string; readonly path: string } | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+):(\/\S*)$/.exec(text);
  return match ? { server: match[1] ?? "", path: match[2] ?? "" } : undefined;
}

/** An http or https URL as it was given; `undefined` for anything else. */
export function parseWebUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" && url.hash === "" ? text : undefined;
}

/** A place of answers: a URL, `DEVICE:/PATH`, or `/PATH` beside the set; `undefined` for anything else. */
export function parseAnswers(text: string): string | undefined {
  if (/^https?:/i.test(text)) return parseWebUrl(text);
  return /^([^:]+:)?\/[^/]/.test(text) ? text : undefined;
}

/**
 * Where a set can be besides an NFS share: a web URL or `sftp://…` as it was given, `USER@SERVER:/DIR` as such, `//SERVER/SHARE` as `cifs://…`;
 * `undefined` for anything else.
 */
export function parseSource(text: string): string | undefined {
  const short = parseSshShort(text);
  if (short) return renderSshUrl(short);
  const cifs = parseCifs(text);
  if (cifs) return renderCifs(cifs);
  return parseSshUrl(text) ? text : parseWebUrl(text);
}

/** The value of `nfsmount=`: an export, or `USER@SERVER:/DIR`, which is a source. */
export function parseMount(
  text: string,
): { readonly nfsMount: { readonly server: string; readonly path: string } } | { readonly source: string } | undefined {
  const nfsMount = parseNfsMount(text);
  const short = nfsMount ? undefined : parseSshShort(text);
  return nfsMount ? { nfsMount } : short && { source: renderSshUrl(short) };
}
