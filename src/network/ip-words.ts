import { formatIpv4, isNetmask, maskOfPrefix, parseIpv4 } from "../base/ipv4.ts";
import { type IpConf, isAddress, parseMac, staticIpv6 } from "./ip-conf.ts";

/** An address for one card, and name servers: the value of `ip=`. */
export interface IpWord {
  readonly conf: IpConf;
  readonly nameServers: readonly string[];
}

/** A VLAN over a card: `name` is what the kernel makes of `scheme`, parent and id. */
export interface VlanWord {
  readonly name: string;
  readonly parent: string;
  readonly id: number;
  /** How the kernel names it: VLAN_NAME_TYPE_*. Source: linux/if_vlan.h. */
  readonly scheme: 0 | 1 | 2 | 3;
}

/** Several cards as one. `options` are those of the bonding driver, as sysfs calls them. */
export interface BondWord {
  readonly name: string;
  readonly members: readonly string[];
  readonly options: readonly (readonly [name: string, value: string])[];
}

const DEVICE = /^[^\s:/,=]{1,15}$/;
/** A name, or a hardware address with hyphens; as it is looked for. */
const deviceOf = (text: string): string | undefined => parseMac(text) ?? (DEVICE.test(text) ? text : undefined);
const DHCP = new Set(["dhcp", "on", "any", "single-dhcp"]);
const AUTO6 = "auto6";
/** The router announces whether addresses come by DHCPv6, so all of these mean the same. */
const SIX = new Set([AUTO6, "dhcp6", "either6"]);
const STATIC = new Set(["none", "off", "static", ""]);
/** Options that the driver takes. Source: Documentation/networking/bonding.rst. */
const BOND_OPTIONS = new Set([
  ...["mode", "miimon", "lacp_rate", "xmit_hash_policy", "primary", "updelay", "downdelay", "fail_over_mac"],
  ...["ad_select", "primary_reselect", "arp_interval", "arp_ip_target", "min_links"],
]);

function netmaskOf(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 32) return maskOfPrefix(Number(text));
  const mask = parseIpv4(text);
  return mask !== undefined && isNetmask(mask) ? mask : undefined;
}

/** `CLIENT:[PEER]:GATEWAY:NETMASK:[NAME]:DEV:none[:DNS1[:DNS2]]`; `undefined` for anything else. */
function parseStatic(parts: readonly string[]): IpWord | undefined {
  const [client = "", , gateway = "", netmask = "", , dev = "", method = "", ...rest] = parts;
  const [address, mask] = [parseIpv4(client), netmaskOf(netmask)];
  if (address === undefined || mask === undefined || parts.length < 4 || rest.length > 2) return undefined;
  if (gateway !== "" && parseIpv4(gateway) === undefined) return undefined;
  const device = deviceOf(dev);
  if (!STATIC.has(method) || (dev !== "" && device === undefined)) return undefined;
  // Two fields may be an MTU and a hardware address instead: these change nothing here.
  const nameServers = rest.filter((text) => parseIpv4(text) !== undefined);
  const conf: IpConf = {
    device,
    method: "static",
    address: client,
    netmask: formatIpv4(mask),
    broadcast: formatIpv4((address | ~mask) >>> 0),
    gateway: gateway === "" ? "0.0.0.0" : gateway,
  };
  return { conf, nameServers };
}

/**
 * The same for IPv6, whose addresses stand in brackets:
 * `[CLIENT]:[PEER]:[GATEWAY]:LENGTH:[NAME]:DEV:none[:DNS1[:DNS2]]`.
 */
function parseStatic6(parts: readonly string[]): IpWord | undefined {
  const [client = "", , gateway = "", length = "", , dev = "", method = "", ...rest] = parts.map((part) =>
    part.replace(/^\[(.*)\]$/, "$1"),
  );
  const device = deviceOf(dev);
  if (!STATIC.has(method) || (dev !== "" && device === undefined) || rest.length > 2) return undefined;
  const conf = staticIpv6(device, client, length, gateway);
  return conf && { conf, nameServers: rest.filter((text) => isAddress(text)) };
}

/** Parts between colons; those in brackets stay whole. */
function splitParts(text: string): string[] {
  const hidden = text.replace(/\[[^\]]*\]/g, (address) => address.replaceAll(":", " "));
  return hidden.split(":").map((part) => part.replaceAll(" ", ":"));
}

/** `ip=` as dracut and the kernel have it. `undefined` for anything else. Source: dracut.cmdline(7). */
export function parseIpWord(text: string): IpWord | undefined {
  if (DHCP.has(text)) return { conf: { device: undefined, method: "dhcp" }, nameServers: [] };
  if (SIX.has(text)) return { conf: { device: undefined, method: AUTO6 }, nameServers: [] };
  const parts = splitParts(text);
  if (parts[0]?.startsWith("[")) return parseStatic6(parts);
  const [first = "", second = ""] = parts;
  // Short, or the long form of a client without an address: `:::::eth0:dhcp`.
  const [dev, method] = parts.length <= 4 ? [first, second] : [parts[5] ?? "", parts[6] ?? ""];
  const device = deviceOf(dev);
  const isAuto = SIX.has(method);
  if ((isAuto || DHCP.has(method)) && device !== undefined && (parts.length <= 4 || first === "")) {
    return { conf: { device, method: isAuto ? AUTO6 : "dhcp" }, nameServers: [] };
  }
  return parseStatic(parts);
}

/** `vlan=NAME:DEV`; NAME is vlan5, vlan0005, DEV.5 or DEV.0005. */
export function parseVlan(text: string): VlanWord | undefined {
  const [name = "", below = "", ...more] = text.split(":");
  const parent = deviceOf(below);
  if (parent === undefined || !DEVICE.test(name) || more.length > 0) return undefined;
  const raw = name.startsWith(`${parent}.`);
  const digits = raw ? name.slice(parent.length + 1) : (/^vlan(\d+)$/.exec(name)?.[1] ?? "");
  const id = Number(digits);
  if (!/^\d{1,4}$/.test(digits) || id < 1 || id > 4094) return undefined;
  const padded = digits.length === 4;
  if (!padded && digits.startsWith("0")) return undefined;
  return { name, parent, id, scheme: raw ? (padded ? 1 : 3) : padded ? 0 : 2 };
}

/** `bond=NAME:DEV,DEV[:OPTION=VALUE,…]`; a member is a name, or a hardware address with hyphens. */
export function parseBond(text: string): BondWord | undefined {
  const [name = "", members = "", options = "", ...more] = text.split(":");
  const list = members.split(",");
  const cards = list.flatMap((member) => deviceOf(member) ?? []);
  if (!DEVICE.test(name) || cards.length < list.length || more.length > 1) return undefined;
  const pairs = options === "" ? [] : options.split(",").map((pair) => /^([a-z_]+)=([^\s=]+)$/.exec(pair));
  if (!pairs.every((pair) => pair !== null && BOND_OPTIONS.has(pair[1] ?? ""))) return undefined;
  return {
    name,
    members: cards,
    options: pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""] as const),
  };
}
