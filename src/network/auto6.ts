import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { decodeRouterAdvertisement, type RouterAdvertisement } from "../formats/network/router-advertisement.ts";
import type { Host } from "../host/host.ts";
import { addLinkAddress6 } from "../host/link-control6.ts";
import { listenForRouters, openUdpSocket6, type Reception } from "../host/sockets.ts";
import { messagesAt } from "./ask-server.ts";
import { type Dhcp6Wire, renewLease6, requestLease6, requestSettings6 } from "./dhcp6-client.ts";
import { type Ipv6Line, waitForAddress, waitForRouter } from "./ipv6-setup.ts";
import { keepLease } from "./keep-lease.ts";
import { hardwareOf, type Link } from "./links.ts";
import { addNameService, type NameService } from "./resolver.ts";

const CLIENT_PORT = 546;
/** A lent address has no prefix of its own: the router advertises the prefix of the link. */
const SINGLE = 128;

/** An IPv6 address that the network assigned; kept until `stop`. */
export interface Auto6 {
  readonly line: Ipv6Line;
  /** For people: how it came. */
  readonly how: string;
  stop(): void;
}

/** The last advertisement that waits, if any; what isn't one is passed over. */
export const lastAdvertisement = (socket: Pick<Reception, "receive">): RouterAdvertisement | undefined =>
  [...messagesAt(socket, decodeRouterAdvertisement)].at(-1);

/** A link-local name server is one of that card. */
const scoped = ({ nameServers, search }: NameService, { name }: Link): NameService => ({
  nameServers: nameServers.map((address) => (/^fe[89ab]/.test(address) ? `${address}%${name}` : address)),
  search,
});

/** A lent address on the card, kept until `stop`. */
async function startLease(host: Host, link: Link, log: (text: string) => void): Promise<Auto6> {
  const socket = openUdpSocket6(link.name, link.index, CLIENT_PORT);
  try {
    const wire: Dhcp6Wire = { host, socket, hardware: hardwareOf(link) };
    const lease = await requestLease6(wire);
    addLinkAddress6(link.name, link.index, lease.bytes, SINGLE);
    const line = await waitForAddress(host, link, lease.address);
    addNameService(host, scoped(lease, link));
    const renew = (old: typeof lease) => renewLease6(wire, old);
    const stop = keepLease(host, { name: lease.address, first: lease, renew, close: socket.close }, log);
    return { line, how: msg`, by DHCPv6`, stop };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Name servers of a DHCPv6 server that lends no addresses. */
async function fetchSettings(host: Host, link: Link, log: (text: string) => void): Promise<void> {
  const socket = openUdpSocket6(link.name, link.index, CLIENT_PORT);
  try {
    const settings = await requestSettings6({ host, socket, hardware: hardwareOf(link) });
    if (settings) addNameService(host, scoped(settings, link));
    else log(`DHCPv6: nobody answers on ${link.name}, though the router announces a server`);
  } finally {
    socket.close();
  }
}

/**
 * The address that a router gives a card, or lets a DHCPv6 server give (flag M, RFC 4861), and the name servers of
 * either (RFC 8106, RFC 3646). Throws `not-found` or `system`.
 */
export async function startAuto6(host: Host, link: Link, log: (text: string) => void): Promise<Auto6> {
  const socket = listenForRouters(link.index);
  try {
    const { line, advertisement } = await waitForRouter(host, link, () => lastAdvertisement(socket));
    if (advertisement) addNameService(host, scoped(advertisement, link));
    const own: Auto6 | undefined = line && { line, how: msg`, by router advertisement`, stop() {} };
    if (advertisement?.managed) {
      try {
        return await startLease(host, link, log);
      } catch (error) {
        if (!own) throw error;
        log(`DHCPv6: ${messageOf(error)}; going on with ${own.line.address}`);
      }
    } else if (advertisement?.other) await fetchSettings(host, link, log);
    if (own) return own;
    throw new MondoError("not-found", msg`the router gives ${link.name} no IPv6 address`);
  } finally {
    socket.close();
  }
}
