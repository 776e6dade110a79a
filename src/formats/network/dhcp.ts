import { concatBytes, decodeText, encodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { isNetmask, maskOfPrefix } from "../../base/ipv4.ts";
import { msg } from "../../base/message.ts";

/** Kinds of DHCP message that a client sends or gets. Source: RFC 2132, 9.6. */
const KINDS = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7 } as const;
/** Kind of a DHCP message. */
export type DhcpKind = keyof typeof KINDS;

/** A route of option 121; `gateway` 0 is the link itself. */
export interface DhcpRoute {
  readonly destination: number;
  readonly netmask: number;
  readonly gateway: number;
}

/** A message, as far as it concerns a client. Addresses are numbers; absent ones are 0. Times in seconds. */
export interface DhcpMessage {
  readonly kind: DhcpKind;
  readonly fromServer: boolean;
  readonly transaction: number;
  /** Hardware address, six bytes. */
  readonly hardware: Uint8Array;
  readonly clientAddress: number;
  readonly yourAddress: number;
  readonly requestedAddress: number;
  readonly server: number;
  readonly netmask: number;
  readonly broadcast: number;
  readonly routers: readonly number[];
  readonly nameServers: readonly number[];
  readonly domain: string;
  /** 0 when the message has none. */
  readonly leaseSeconds: number;
  readonly renewSeconds: number;
  readonly routes: readonly DhcpRoute[];
  readonly hostName: string;
  readonly text: string;
}

const HEADER_BYTES = 240;
/** Some relays and servers drop what is shorter than a BOOTP message. Source: RFC 1542, 2.1. */
const LEAST_BYTES = 300;
const COOKIE = 0x63825363;
const BROADCAST_FLAG = 0x8000;
const ETHERNET = 1;
/** Source: RFC 2132; 121: RFC 3442. */
const OPTION = {
  pad: 0,
  netmask: 1,
  router: 3,
  nameServer: 6,
  hostName: 12,
  domain: 15,
  broadcast: 28,
  requestedAddress: 50,
  lease: 51,
  overload: 52,
  kind: 53,
  server: 54,
  wanted: 55,
  message: 56,
  maximumSize: 57,
  renew: 58,
  clientId: 61,
  routes: 121,
  end: 255,
} as const;
const WANTED = [
  OPTION.netmask,
  // Before the router option: a server that has both must leave the latter to be ignored. Source: RFC 3442.
  OPTION.routes,
  OPTION.router,
  OPTION.nameServer,
  OPTION.domain,
  OPTION.broadcast,
  OPTION.lease,
  OPTION.renew,
];

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

/** What a client sends. The server is asked to answer by broadcast: there is no address yet that it could reach. */
export type DhcpRequest = Pick<
  DhcpMessage,
  "kind" | "transaction" | "hardware" | "clientAddress" | "requestedAddress" | "server" | "hostName"
> & { readonly elapsedSeconds: number };

/** Encodes a client's message. Source: RFC 2131, 2 and 4.4. */
export function encodeDhcpRequest(request: DhcpRequest): Uint8Array {
  const head = new Uint8Array(HEADER_BYTES);
  const view = viewOf(head);
  head.set([1, ETHERNET, 6, 0]);
  view.setUint32(4, request.transaction);
  view.setUint16(8, Math.min(0xffff, request.elapsedSeconds));
  view.setUint16(10, request.clientAddress === 0 ? BROADCAST_FLAG : 0);
  view.setUint32(12, request.clientAddress);
  head.set(request.hardware.subarray(0, 6), 28);
  view.setUint32(236, COOKIE);
  const option = (number: number, content: Uint8Array) => [Uint8Array.of(number, content.byteLength), content];
  const bytes = concatBytes([
    head,
    ...option(OPTION.kind, Uint8Array.of(KINDS[request.kind])),
    ...option(OPTION.clientId, concatBytes([Uint8Array.of(ETHERNET), request.hardware.subarray(0, 6)])),
    ...(request.requestedAddress === 0 ? [] : option(OPTION.requestedAddress, word(request.requestedAddress))),
    ...(request.server === 0 ? [] : option(OPTION.server, word(request.server))),
    ...(request.hostName === "" ? [] : option(OPTION.hostName, encodeText(request.hostName).subarray(0, 63))),
    ...option(OPTION.maximumSize, Uint8Array.of(0x05, 0xdc)),
    ...option(OPTION.wanted, Uint8Array.from(WANTED)),
    Uint8Array.of(OPTION.end),
  ]);
  return bytes.byteLength >= LEAST_BYTES ? bytes : concatBytes([bytes, new Uint8Array(LEAST_BYTES - bytes.byteLength)]);
}

/** Adds the options of one field; one that comes twice is one long option. Source: RFC 3396. */
function collectOptions(field: Uint8Array, into: Map<number, Uint8Array>): void {
  for (let at = 0; at < field.byteLength; ) {
    const number = field[at] ?? OPTION.end;
    at += 1;
    if (number === OPTION.pad) continue;
    if (number === OPTION.end) return;
    const length = field[at];
    if (length === undefined || at + 1 + length > field.byteLength) {
      throw new MondoError("format", msg`DHCP option ${number} goes beyond the end of its message`);
    }
    into.set(number, concatBytes([into.get(number) ?? new Uint8Array(0), field.subarray(at + 1, at + 1 + length)]));
    at += 1 + length;
  }
}

function optionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  collectOptions(bytes.subarray(HEADER_BYTES), options);
  // Options may go on in the fields for boot file and server name. Source: RFC 2132, 9.3.
  const overload = options.get(OPTION.overload)?.[0] ?? 0;
  if (overload & 1) collectOptions(bytes.subarray(108, 236), options);
  if (overload & 2) collectOptions(bytes.subarray(44, 108), options);
  return options;
}

function addressesOf(bytes: Uint8Array = new Uint8Array(0)): number[] {
  const view = viewOf(bytes);
  return Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, index) => view.getUint32(index * 4));
}

/** Destination and gateway of each classless route. Source: RFC 3442. */
function routesOf(bytes: Uint8Array = new Uint8Array(0)): DhcpRoute[] {
  const routes: DhcpRoute[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const width = bytes[at] ?? 0;
    const octets = Math.ceil(width / 8);
    if (width > 32 || at + 1 + octets + 4 > bytes.byteLength) {
      throw new MondoError("format", msg`the classless routes of a DHCP message are malformed`);
    }
    const destination = new Uint8Array(4);
    destination.set(bytes.subarray(at + 1, at + 1 + octets));
    const gateway = viewOf(bytes).getUint32(at + 1 + octets);
    routes.push({ destination: viewOf(destination).getUint32(0), netmask: maskOfPrefix(width), gateway });
    at += 1 + octets + 4;
  }
  return routes;
}

/** Text of a server may hold anything: what isn't printable goes. */
const textOf = (bytes: Uint8Array = new Uint8Array(0)) => decodeText(bytes).replace(/[^\x20-\x7e]/g, "");

/** Decodes a message of server or client; `format` when it is none. */
export function decodeDhcpMessage(bytes: Uint8Array): DhcpMessage {
  const view = viewOf(bytes);
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(236) !== COOKIE) {
    throw new MondoError("format", msg`the datagram is no DHCP message`);
  }
  const options = optionsOf(bytes);
  const kindNumber = options.get(OPTION.kind)?.[0];
  const kind = (Object.keys(KINDS) as DhcpKind[]).find((name) => KINDS[name] === kindNumber);
  if (kind === undefined) throw new MondoError("format", msg`the DHCP message is of no known kind`);
  const first = (number: number) => addressesOf(options.get(number))[0] ?? 0;
  const netmask = first(OPTION.netmask);
  return {
    kind,
    fromServer: view.getUint8(0) === 2,
    transaction: view.getUint32(4),
    hardware: bytes.slice(28, 34),
    clientAddress: view.getUint32(12),
    yourAddress: view.getUint32(16),
    requestedAddress: first(OPTION.requestedAddress),
    server: first(OPTION.server),
    netmask: isNetmask(netmask) ? netmask : 0,
    broadcast: first(OPTION.broadcast),
    routers: addressesOf(options.get(OPTION.router)),
    nameServers: addressesOf(options.get(OPTION.nameServer)),
    domain: textOf(options.get(OPTION.domain)),
    leaseSeconds: first(OPTION.lease),
    renewSeconds: first(OPTION.renew),
    routes: routesOf(options.get(OPTION.routes)),
    hostName: textOf(options.get(OPTION.hostName)),
    text: textOf(options.get(OPTION.message)),
  };
}
