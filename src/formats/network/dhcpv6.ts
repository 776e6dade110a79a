import { concatBytes, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { formatIpv6, formatIpv6List } from "../../base/ipv6.ts";
import { msg } from "../../base/message.ts";
import { decodeDomainNames } from "./domain-names.ts";

/** Kinds of message that a client sends or gets. Source: RFC 8415, 7.3. */
const KINDS = { solicit: 1, advertise: 2, request: 3, renew: 5, rebind: 6, reply: 7, information: 11 } as const;
/** Kind of a DHCPv6 message. */
export type Dhcp6Kind = keyof typeof KINDS;

/** An address that is lent. Seconds; 0xffffffff is for ever. */
export interface Dhcp6Address {
  /** Sixteen bytes. */
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly validSeconds: number;
}

/** A message, as far as it concerns a client. */
export interface Dhcp6Message {
  readonly kind: Dhcp6Kind;
  /** 24 bits. */
  readonly transaction: number;
  /** Identifiers of both ends; empty: none. */
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly addresses: readonly Dhcp6Address[];
  /** When the server wants to be asked again; 0: as the client likes. */
  readonly renewSeconds: number;
  /** 0: all is well. Of the message, or of the addresses that were asked for. */
  readonly status: number;
  readonly nameServers: readonly string[];
  readonly search: readonly string[];
}

/** What a client sends. The association is its only one: of one card. */
export interface Dhcp6Request {
  readonly kind: "solicit" | "request" | "rebind" | "information";
  readonly transaction: number;
  /** Hardware address of the card, six bytes: it makes the client's identifier. */
  readonly hardware: Uint8Array;
  /** The server that is meant; empty: any. */
  readonly server: Uint8Array;
  /** The address that is asked for, or had. */
  readonly address?: Uint8Array;
  readonly elapsedMs: number;
}

const HEADER_BYTES = 4;
/** Source: RFC 8415, 21; RFC 3646. */
const OPTION = {
  client: 1,
  server: 2,
  association: 3,
  address: 5,
  wanted: 6,
  elapsed: 8,
  status: 13,
  nameServers: 23,
  search: 24,
} as const;
/** A DUID made of a hardware address (Ethernet). Source: RFC 8415, 11.4. */
const DUID_LINK = Uint8Array.of(0, 3, 0, 1);
const ASSOCIATION_BYTES = 12;
const ADDRESS_BYTES = 24;
const NOTHING = new Uint8Array(0);

const half = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 0xff, value & 0xff);
const option = (code: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const bytes = concatBytes(content);
  return concatBytes([half(code), half(bytes.byteLength), bytes]);
};

/** The identifier of the client whose card has that hardware address. */
export const clientIdOf = (hardware: Uint8Array): Uint8Array => concatBytes([DUID_LINK, hardware.subarray(0, 6)]);

/**
 * An association of the card (its number are the last bytes of the hardware address), with the address that is meant.
 */
function associationOf({ hardware, address }: Dhcp6Request): Uint8Array {
  const lent = address === undefined ? [] : [option(OPTION.address, address.subarray(0, 16), new Uint8Array(8))];
  return option(OPTION.association, hardware.subarray(2, 6), new Uint8Array(8), ...lent);
}

/** Encodes a client's message. Source: RFC 8415, 18.2. */
export function encodeDhcp6Request(request: Dhcp6Request): Uint8Array {
  const { kind, transaction, hardware, server, elapsedMs } = request;
  const head = new Uint8Array(HEADER_BYTES);
  viewOf(head).setUint32(0, transaction & 0xffffff);
  head[0] = KINDS[kind];
  return concatBytes([
    head,
    option(OPTION.client, clientIdOf(hardware)),
    ...(server.byteLength === 0 ? [] : [option(OPTION.server, server)]),
    ...(kind === "information" ? [] : [associationOf(request)]),
    option(OPTION.elapsed, half(Math.min(0xffff, Math.floor(elapsedMs / 10)))),
    option(OPTION.wanted, half(OPTION.nameServers), half(OPTION.search)),
  ]);
}

type Options = ReadonlyMap<number, readonly Uint8Array[]>;

function optionsOf(bytes: Uint8Array): Options {
  const options = new Map<number, Uint8Array[]>();
  for (let at = 0; at < bytes.byteLength; ) {
    if (at + 4 > bytes.byteLength) throw new MondoError("format", msg`a DHCPv6 message is cut short`);
    const [code, length] = [viewOf(bytes).getUint16(at), viewOf(bytes).getUint16(at + 2)];
    if (at + 4 + length > bytes.byteLength) {
      throw new MondoError("format", msg`DHCPv6 option ${code} goes beyond the end of its message`);
    }
    options.set(code, [...(options.get(code) ?? []), bytes.subarray(at + 4, at + 4 + length)]);
    at += 4 + length;
  }
  return options;
}

const firstOf = (options: Options, code: number): Uint8Array => options.get(code)?.[0] ?? NOTHING;
const statusOf = (options: Options): number => {
  const bytes = firstOf(options, OPTION.status);
  return bytes.byteLength < 2 ? 0 : viewOf(bytes).getUint16(0);
};

function addressOf(bytes: Uint8Array): Dhcp6Address[] {
  if (bytes.byteLength < ADDRESS_BYTES)
    throw new MondoError("format", msg`an address in a DHCPv6 message is cut short`);
  const validSeconds = viewOf(bytes).getUint32(20);
  // What is valid for no time at all is taken back.
  if (validSeconds === 0) return [];
  return [{ bytes: bytes.slice(0, 16), address: formatIpv6(bytes), validSeconds }];
}

/** Decodes a message of server or client; `format` when it is none. */
export function decodeDhcp6Message(bytes: Uint8Array): Dhcp6Message {
  const kind = (Object.keys(KINDS) as Dhcp6Kind[]).find((name) => KINDS[name] === bytes[0]);
  if (bytes.byteLength < HEADER_BYTES || kind === undefined) {
    throw new MondoError("format", msg`the datagram is no DHCPv6 message of a known kind`);
  }
  const options = optionsOf(bytes.subarray(HEADER_BYTES));
  const [association = NOTHING] = options.get(OPTION.association) ?? [];
  if (association.byteLength > 0 && association.byteLength < ASSOCIATION_BYTES) {
    throw new MondoError("format", msg`an association in a DHCPv6 message is cut short`);
  }
  const inner = optionsOf(association.subarray(ASSOCIATION_BYTES));
  return {
    kind,
    transaction: viewOf(bytes).getUint32(0) & 0xffffff,
    client: firstOf(options, OPTION.client).slice(),
    server: firstOf(options, OPTION.server).slice(),
    addresses: (inner.get(OPTION.address) ?? []).flatMap(addressOf),
    renewSeconds: association.byteLength === 0 ? 0 : viewOf(association).getUint32(4),
    status: statusOf(options) || statusOf(inner),
    nameServers: formatIpv6List(firstOf(options, OPTION.nameServers)),
    search: decodeDomainNames(firstOf(options, OPTION.search)),
  };
}
