import { msg } from "../../base/message.ts";
import { type IpConf, isAddress, parseIpConf } from "../../network/ip-conf.ts";
import {
  type BondWord,
  type IpWord,
  parseBond,
  parseIpWord,
  parseVlan,
  type VlanWord,
} from "../../network/ip-words.ts";
import { type BootWordTable, everyOf, type WordValues } from "./boot-word.ts";

/** An address, IPv6 with or without brackets. */
function parseNameServer(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return isAddress(bare) ? bare : undefined;
}

/** The words about network cards. */
export const cardWords = {
  ipconf: everyOf<IpConf>({
    name: "ipconf=",
    syntax:
      "ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY | ipconf=DEV:dhcp | ipconf=DEV:[IPV6]/64:[GATEWAY] | ipconf=DEV:auto6",
    meaning: msg`address of a network card; auto6 takes what an IPv6 router advertises, or asks a DHCPv6 server if the router says so; DEV is a name (eth0), a hardware address, or *; may be given several times`,
    parse: parseIpConf,
  }),
  ip: everyOf<IpWord>({
    name: "ip=",
    syntax: "ip=[DEV:]dhcp | ip=[DEV:]auto6 | ip=IP::GATEWAY:NETMASK:[NAME]:[DEV]:none[:DNS[:DNS]]",
    meaning: msg`the same in the syntax of the kernel and dracut (dhcp6 means auto6), IPv6 addresses in brackets; may be given several times`,
    parse: parseIpWord,
  }),
  nameServers: everyOf<string>({
    name: "nameserver=",
    syntax: "nameserver=IP",
    meaning: msg`a name server; may be given several times`,
    parse: parseNameServer,
  }),
  vlans: everyOf<VlanWord>({
    name: "vlan=",
    syntax: "vlan=vlanN:DEV | vlan=DEV.N:DEV",
    meaning: msg`a VLAN on a card or bond; ipconf= may name it`,
    parse: parseVlan,
  }),
  bonds: everyOf<BondWord>({
    name: "bond=",
    syntax: "bond=NAME:DEV,DEV[:mode=MODE,miimon=MS,…]",
    meaning: msg`several cards as one (802.3ad, active-backup …); default: miimon=100`,
    parse: parseBond,
  }),
} as const satisfies BootWordTable;

const isSix = ({ method }: IpConf): boolean => method === "auto6" || method === "static6";

/** For each card and each kind of address, the last word wins. */
function addressesOf(confs: readonly IpConf[]): readonly IpConf[] {
  return [...new Map(confs.map((conf) => [`${conf.device} ${isSix(conf)}`, conf])).values()];
}

/** Addresses that several words give together. */
interface Addresses {
  /** The card that the set is fetched over. */
  readonly ipconf?: IpConf;
  /** Cards that get an address besides that of `ipconf`. */
  readonly further?: readonly IpConf[];
  readonly nameServers?: readonly string[];
}

type CardValues = WordValues<typeof cardWords>;

/** What the words about network cards ask for. */
export type CardOptions = Omit<CardValues, "ip" | "ipconf" | "nameServers"> & Addresses;

/** Pure: `ipconf=` and `ip=` as one list of cards, `nameserver=` and `ip=` as one list of name servers. */
export function cardOptions({ ipconf: confs = [], ip = [], nameServers = [], ...rest }: CardValues): CardOptions {
  const [ipconf, ...further] = addressesOf([...confs, ...ip.map(({ conf }) => conf)]);
  const servers = [...nameServers, ...ip.flatMap((word) => word.nameServers)];
  return {
    ...rest,
    ...(ipconf === undefined ? {} : { ipconf }),
    ...(further.length === 0 ? {} : { further }),
    ...(servers.length === 0 ? {} : { nameServers: servers }),
  };
}
