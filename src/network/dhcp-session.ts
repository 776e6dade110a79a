import { formatIpv4 } from "../base/ipv4.ts";
import type { Host } from "../host/host.ts";
import { openPacketSocket } from "../host/sockets.ts";
import { applyAddress } from "./address.ts";
import { type Lease, renewLease, requestLease } from "./dhcp-client.ts";
import { keepLease } from "./keep-lease.ts";
import { hardwareOf, type Link } from "./links.ts";

const CLIENT_PORT = 68;

/** A lease that is kept until `stop`. */
export interface DhcpSession {
  readonly lease: Lease;
  stop(): void;
}

/** Gets an address for a card by DHCP, applies it, and renews it in the background. Throws `not-found` or `system`. */
export async function startDhcp(
  host: Host,
  link: Link,
  hostName: string,
  log: (text: string) => void,
): Promise<DhcpSession> {
  const socket = openPacketSocket(link.index, CLIENT_PORT);
  try {
    const wire = { host, socket, hardware: hardwareOf(link), hostName };
    const lease = await requestLease(wire);
    applyAddress(host, link.name, lease);
    const renew = (old: Lease) => renewLease(wire, old);
    const kept = { name: formatIpv4(lease.address), first: lease, renew, close: socket.close };
    return { lease, stop: keepLease(host, kept, log) };
  } catch (error) {
    socket.close();
    throw error;
  }
}
