import { msg } from "../base/message.ts";
import { IPV6_BYTES, openSocket } from "./sockets.ts";
import { c, ioctl, systemError } from "./syscalls.ts";

/** Source: linux/sockios.h. */
const REQUEST = { addRoute: 0x890b, setAddress: 0x8916 } as const;
const ROUTE = { up: 1, gateway: 2 } as const;
const EEXIST = 17;
const METRIC = 1024;

function control(number: number, argument: Uint8Array, say: string, name: string): void {
  const fd = openSocket("inet6", "datagram");
  const result = ioctl(fd, number, argument);
  c.close(fd);
  if (result < 0 && -result !== EEXIST) throw systemError(say, name, -result);
}

/**
 * Adds an IPv6 address to the interface of that index; no error when it has it. `struct in6_ifreq`. Source:
 * linux/ipv6.h.
 */
export function addLinkAddress6(name: string, index: number, address: Uint8Array, prefixLength: number): void {
  const request = new Uint8Array(IPV6_BYTES + 8);
  request.set(address);
  new DataView(request.buffer).setUint32(16, prefixLength, true);
  new DataView(request.buffer).setInt32(20, index, true);
  control(REQUEST.setAddress, request, msg`set the IPv6 address of`, name);
}

/**
 * Adds the default route through a gateway; no error when it exists. `struct in6_rtmsg`. Source: linux/ipv6_route.h.
 */
export function addDefaultRoute6(name: string, index: number, gateway: Uint8Array): void {
  const message = new Uint8Array(80);
  const view = new DataView(message.buffer);
  message.set(gateway, 32);
  view.setUint32(56, METRIC, true);
  view.setUint32(72, ROUTE.up | ROUTE.gateway, true);
  view.setInt32(76, index, true);
  control(REQUEST.addRoute, message, msg`add an IPv6 route through`, name);
}
