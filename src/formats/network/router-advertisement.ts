import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { formatIpv6List } from "../../base/ipv6.ts";
import { msg } from "../../base/message.ts";
import { decodeDomainNames } from "./domain-names.ts";

/** What a router tells every station, as far as the kernel leaves it to programs. */
export interface RouterAdvertisement {
  /** Addresses come by DHCPv6 (flag M). */
  readonly managed: boolean;
  /** Other settings come by DHCPv6 (flag O). */
  readonly other: boolean;
  /** In the short form; what the router takes back (lifetime 0) is not among them. */
  readonly nameServers: readonly string[];
  readonly search: readonly string[];
}

const IPV6_BYTES = 40;
const ICMPV6 = 58;
const HEADER_BYTES = 16;
const TYPE = 134;
const FLAG = { managed: 0x80, other: 0x40 } as const;
/** Source: RFC 8106, 5. */
const OPTION = { nameServers: 25, search: 31 } as const;

/** Options of Neighbour Discovery: type, length in units of 8 bytes. Source: RFC 4861, 4.6. */
function optionsOf(bytes: Uint8Array): { readonly type: number; readonly option: Uint8Array }[] {
  const options: { type: number; option: Uint8Array }[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = (bytes[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > bytes.byteLength) {
      throw new MondoError("format", msg`an option of a router advertisement is cut short`);
    }
    options.push({ type: bytes[at] ?? 0, option: bytes.subarray(at, at + length) });
    at += length;
  }
  return options;
}

const isAlive = (option: Uint8Array) => viewOf(option).getUint32(4) > 0;

/**
 * Decodes an IPv6 packet with a router advertisement; `undefined` for any other packet, and for one that didn't come
 * from a station of the link (RFC 4861, 6.1.2). Throws `format`. Source: RFC 4861, 4.2.
 */
export function decodeRouterAdvertisement(packet: Uint8Array): RouterAdvertisement | undefined {
  const [version, next, hops] = [(packet[0] ?? 0) >> 4, packet[6], packet[7]];
  const isLinkLocal = packet[8] === 0xfe && ((packet[9] ?? 0) & 0xc0) === 0x80;
  if (packet.byteLength < IPV6_BYTES + HEADER_BYTES || version !== 6 || next !== ICMPV6) return undefined;
  if (packet[IPV6_BYTES] !== TYPE || hops !== 255 || !isLinkLocal) return undefined;
  const message = packet.subarray(IPV6_BYTES, IPV6_BYTES + viewOf(packet).getUint16(4));
  if (message.byteLength < HEADER_BYTES) throw new MondoError("format", msg`a router advertisement is cut short`);
  const flags = message[5] ?? 0;
  const options = optionsOf(message.subarray(HEADER_BYTES)).filter(({ option }) => isAlive(option));
  const of = (wanted: number) => options.filter(({ type }) => type === wanted).map(({ option }) => option);
  return {
    managed: (flags & FLAG.managed) !== 0,
    other: (flags & FLAG.other) !== 0,
    nameServers: [...new Set(of(OPTION.nameServers).flatMap((option) => formatIpv6List(option.subarray(8))))],
    search: [...new Set(of(OPTION.search).flatMap((option) => decodeDomainNames(option.subarray(8))))],
  };
}
