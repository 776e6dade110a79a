import { MondoError } from "../base/errors.ts";
import { parseIpv6 } from "../base/ipv6.ts";
import { msg } from "../base/message.ts";
import {
  clientIdOf,
  type Dhcp6Message,
  type Dhcp6Request,
  decodeDhcp6Message,
  encodeDhcp6Request,
} from "../formats/network/dhcpv6.ts";
import type { Host } from "../host/host.ts";
import type { UdpSocket6 } from "../host/sockets.ts";
import { askServer, messagesAt, REQUEST_MS, renewalOf } from "./ask-server.ts";
import type { NameService } from "./resolver.ts";
import { cure } from "./setting.ts";

/** An IPv6 address that was lent to us, without a prefix: the router advertises that of the link. */
export interface Lease6 extends NameService {
  readonly bytes: Uint8Array;
  /** In the short form. */
  readonly address: string;
  readonly seconds: number;
  readonly renewSeconds: number;
}

/** What the client works with: the socket of one card, whose hardware address is `hardware`. */
export interface Dhcp6Wire {
  readonly host: Pick<Host, "nowMs" | "sleep">;
  readonly socket: Pick<UdpSocket6, "send" | "receive">;
  readonly hardware: Uint8Array;
}

/** All_DHCP_Relay_Agents_and_Servers. Source: RFC 8415, 7.1. */
const SERVERS = parseIpv6("ff02::1:2") ?? new Uint8Array(16);
const SERVER_PORT = 547;
/** How long each message is waited for: a person must learn within 30 s that nobody answers. */
const SOLICIT_MS = [1000, 2000, 4000, 8000] as const;

type Answer = (message: Dhcp6Message) => boolean;

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.byteLength === b.byteLength && a.every((byte, at) => byte === b[at]);

/** The next answer to this transaction; whatever else comes is passed over. */
function nextAnswer({ socket, hardware }: Dhcp6Wire, transaction: number, accepts: Answer): Dhcp6Message | undefined {
  for (const message of messagesAt(socket, decodeDhcp6Message)) {
    const isOurs = message.transaction === transaction && sameBytes(message.client, clientIdOf(hardware));
    if (isOurs && message.server.byteLength > 0 && accepts(message)) return message;
  }
  return undefined;
}

/** Sends a message, again after each of the pauses, until an answer comes; `undefined` when none does. */
function exchange(
  wire: Dhcp6Wire,
  request: Omit<Dhcp6Request, "hardware" | "elapsedMs" | "transaction">,
  pausesMs: readonly number[],
  accepts: Answer,
): Promise<Dhcp6Message | undefined> {
  const { host, hardware, socket } = wire;
  const transaction = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 1) & 0xffffff;
  const send = (elapsedMs: number) => {
    const message = encodeDhcp6Request({ ...request, hardware, transaction, elapsedMs });
    socket.send(message, SERVERS, SERVER_PORT);
  };
  return askServer(host, { send, answer: () => nextAnswer(wire, transaction, accepts) }, pausesMs);
}

/** Pure: the lease in a reply; `undefined` when it lends nothing. */
function leaseOf({ addresses, status, renewSeconds, nameServers, search }: Dhcp6Message): Lease6 | undefined {
  const [lent] = addresses;
  if (!lent || status !== 0) return undefined;
  const { bytes, address, validSeconds: seconds } = lent;
  return { bytes, address, seconds, renewSeconds: renewalOf(renewSeconds, seconds), nameServers, search };
}

const NOBODY = new Uint8Array(0);
const isReply: Answer = ({ kind }) => kind === "reply";

/** Asks for name servers alone; `undefined` when nobody answers. */
export const requestSettings6 = (wire: Dhcp6Wire): Promise<NameService | undefined> =>
  exchange(wire, { kind: "information", server: NOBODY }, REQUEST_MS, isReply);

/** Asks for an address: solicit, advertise, request, reply. Throws `not-found` when nobody lends one (within 30 s). */
export async function requestLease6(wire: Dhcp6Wire): Promise<Lease6> {
  let reason = msg`no DHCPv6 server answers`;
  const offers: Answer = ({ kind, addresses, status }) => {
    if (kind !== "advertise") return false;
    if (status === 0 && addresses.length > 0) return true;
    reason = msg`the DHCPv6 server has no address for this machine`;
    return false;
  };
  const offer = await exchange(wire, { kind: "solicit", server: NOBODY }, SOLICIT_MS, offers);
  const address = offer?.addresses[0]?.bytes;
  if (offer && address) {
    const reply = await exchange(wire, { kind: "request", server: offer.server, address }, REQUEST_MS, isReply);
    const lease = reply && leaseOf(reply);
    if (lease) return lease;
    reason = msg`a DHCPv6 server offered an address and then ${reply ? msg`refused it` : msg`fell silent`}`;
  }
  throw new MondoError("not-found", reason, {
    hint: msg`Look at the DHCPv6 server.`,
    ...cure("address6"),
  });
}

/** Asks to keep an address, of any server; `undefined` when nobody answers now, "refused" when it is to be given up. */
export async function renewLease6(
  wire: Dhcp6Wire,
  { bytes, address }: Lease6,
): Promise<Lease6 | "refused" | undefined> {
  const reply = await exchange(wire, { kind: "rebind", server: NOBODY, address: bytes }, REQUEST_MS, isReply);
  const lease = reply && leaseOf(reply);
  return reply && (lease?.address === address ? lease : "refused");
}
