import { MondoError } from "../base/errors.ts";
import { maskOfPrefix } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import {
  type DhcpKind,
  type DhcpMessage,
  type DhcpRequest,
  decodeDhcpMessage,
  encodeDhcpRequest,
} from "../formats/network/dhcp.ts";
import { decodeUdpPacket, encodeUdpPacket } from "../formats/network/udp-packet.ts";
import type { Host } from "../host/host.ts";
import type { PacketSocket } from "../host/sockets.ts";
import type { AddressSetup } from "./address.ts";
import { askServer, messagesAt, REQUEST_MS, renewalOf } from "./ask-server.ts";
import { cure } from "./setting.ts";

/** An address that was lent to us. */
export interface Lease extends AddressSetup {
  readonly server: number;
  readonly seconds: number;
  readonly renewSeconds: number;
}

/** What the client works with: packets of one card, whose hardware address is `hardware`. */
export interface DhcpWire {
  readonly host: Pick<Host, "nowMs" | "sleep">;
  readonly socket: Pick<PacketSocket, "broadcast" | "receive">;
  readonly hardware: Uint8Array;
  /** Name of the machine, which the server learns; may be empty. */
  readonly hostName: string;
}

const [CLIENT_PORT, SERVER_PORT] = [68, 67];
const BROADCAST = 0xffffffff;
/**
 * How long each discover is waited for: 23 s in all, so that a person learns of it within 30. Source: RFC 2131, 4.1.
 */
const DISCOVER_MS = [1000, 2000, 4000, 8000, 8000] as const;
const ENDLESS = 0xffffffff;

type Answer = (message: DhcpMessage) => boolean;

const decode = (packet: Uint8Array): DhcpMessage | undefined => {
  const datagram = decodeUdpPacket(packet);
  return datagram?.destinationPort === CLIENT_PORT ? decodeDhcpMessage(datagram.payload) : undefined;
};

/** The next answer to this transaction; whatever else comes is passed over. */
function nextAnswer({ socket, hardware }: DhcpWire, transaction: number, accepts: Answer): DhcpMessage | undefined {
  for (const message of messagesAt(socket, decode)) {
    const isOurs = message.transaction === transaction && message.hardware.every((byte, at) => byte === hardware[at]);
    if (message.fromServer && isOurs && accepts(message)) return message;
  }
  return undefined;
}

/** Sends a message, again after each of the pauses, until an answer comes; `undefined` when none does. */
function exchange(
  wire: DhcpWire,
  request: Pick<DhcpRequest, "kind" | "clientAddress" | "requestedAddress" | "server"> & {
    readonly transaction: number;
  },
  pausesMs: readonly number[],
  accepts: Answer,
): Promise<DhcpMessage | undefined> {
  const { host, hardware, hostName, socket } = wire;
  const ports = { sourcePort: CLIENT_PORT, destinationPort: SERVER_PORT };
  const send = (elapsedMs: number) => {
    const elapsedSeconds = Math.floor(elapsedMs / 1000);
    const payload = encodeDhcpRequest({ ...request, hardware, hostName, elapsedSeconds });
    socket.broadcast(encodeUdpPacket({ source: request.clientAddress, destination: BROADCAST, ...ports, payload }));
  };
  return askServer(host, { send, answer: () => nextAnswer(wire, request.transaction, accepts) }, pausesMs);
}

/** The netmask that an address had before there were netmasks: for a server that sends none. Source: RFC 950. */
const classMask = (address: number) => maskOfPrefix(address < 0x80000000 ? 8 : address < 0xc0000000 ? 16 : 24);

/** Pure: the lease in an acknowledgement. */
export function leaseOf(ack: DhcpMessage): Lease {
  const address = ack.yourAddress;
  const netmask = ack.netmask === 0 ? classMask(address) : ack.netmask;
  const [router] = ack.routers;
  const standard = router === undefined ? [] : [{ destination: 0, netmask: 0, gateway: router }];
  const seconds = ack.leaseSeconds === 0 ? ENDLESS : ack.leaseSeconds;
  return {
    address,
    netmask,
    broadcast: ack.broadcast === 0 ? (address | ~netmask) >>> 0 : ack.broadcast,
    // Classless routes take the place of the router. Source: RFC 3442.
    routes: ack.routes.length > 0 ? ack.routes : standard,
    nameServers: ack.nameServers,
    domain: ack.domain,
    server: ack.server,
    seconds,
    renewSeconds: renewalOf(ack.renewSeconds, seconds),
  };
}

const newTransaction = () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
const isKind =
  (...kinds: readonly DhcpKind[]): Answer =>
  (message) =>
    kinds.includes(message.kind);

/**
 * Asks for an address: discover, offer, request, acknowledgement. Throws `not-found` when nobody lends one (within 30
 * s).
 */
export async function requestLease(wire: DhcpWire): Promise<Lease> {
  const fresh = { clientAddress: 0, requestedAddress: 0, server: 0 };
  let refusal = "";
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const transaction = newTransaction();
    const offers: Answer = ({ kind, yourAddress, server }) => kind === "offer" && yourAddress !== 0 && server !== 0;
    const offer = await exchange(wire, { ...fresh, kind: "discover", transaction }, DISCOVER_MS, offers);
    if (!offer) break;
    const request = { clientAddress: 0, requestedAddress: offer.yourAddress, server: offer.server };
    const answer = await exchange(wire, { ...request, kind: "request", transaction }, REQUEST_MS, isKind("ack", "nak"));
    if (answer?.kind === "ack") return leaseOf({ ...answer, server: answer.server || offer.server });
    refusal = answer
      ? msg`a server offered an address and then refused it (${answer.text || msg`no reason given`})`
      : "";
    if (!answer) refusal = msg`a server offered an address and then fell silent`;
  }
  throw new MondoError(
    "not-found",
    refusal === "" ? msg`no DHCP server answers` : msg`no address came by DHCP: ${refusal}`,
    {
      hint: msg`Look at the DHCP server and the cable.`,
      ...cure("address"),
    },
  );
}

/** Asks to keep an address; `undefined` when nobody answers now, "refused" when it is to be given up. */
export async function renewLease(wire: DhcpWire, lease: Lease): Promise<Lease | "refused" | undefined> {
  // By broadcast (what RFC 2131 calls rebinding): any server may answer, and it works when the first one has moved.
  const request = { kind: "request", clientAddress: lease.address, requestedAddress: 0, server: 0 } as const;
  const transaction = newTransaction();
  const answer = await exchange(wire, { ...request, transaction }, REQUEST_MS, isKind("ack", "nak"));
  if (!answer) return undefined;
  return answer.kind === "ack" && answer.yourAddress === lease.address ? leaseOf(answer) : "refused";
}
