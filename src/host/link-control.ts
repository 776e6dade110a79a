import { ptr } from "bun:ffi";
import { msg } from "../base/message.ts";
import { internetAddress, openSocket } from "./sockets.ts";
import { c, cPath, ioctl, systemError } from "./syscalls.ts";

/** Source: linux/sockios.h. */
const REQUEST = {
  addRoute: 0x890b,
  getFlags: 0x8913,
  getAddress: 0x8915,
  getBroadcast: 0x8919,
  getNetmask: 0x891b,
  setFlags: 0x8914,
  setAddress: 0x8916,
  setBroadcast: 0x891a,
  setNetmask: 0x891c,
  vlan: 0x8983,
} as const;
/** Source: linux/if_vlan.h. */
const VLAN = { add: 0, remove: 1, nameScheme: 6 } as const;
const UP = 1;
const ROUTE = { up: 1, gateway: 2, host: 4 } as const;
const EEXIST = 17;

/** `struct ifreq`: a name of at most 15 bytes, then what the request is about. Source: netdevice(7). */
function interfaceRequest(name: string, content: Uint8Array): Uint8Array {
  const request = new Uint8Array(40);
  request.set(cPath(name).subarray(0, 15));
  request.set(content, 16);
  return request;
}

/** Makes one request on a socket of its own; throws `system` with the given words. */
function control(number: number, argument: Uint8Array, say: string, name: string, harmless = 0): void {
  const fd = openSocket("inet", "datagram");
  const result = ioctl(fd, number, argument);
  c.close(fd);
  if (result < 0 && -result !== harmless) throw systemError(say, name, -result);
}

/** Switches an interface on (its link comes up a little later) or off, which removes its routes. */
export function setLinkUp(name: string, up: boolean): void {
  const request = interfaceRequest(name, new Uint8Array(0));
  control(REQUEST.getFlags, request, msg`look at the interface`, name);
  const flags = new DataView(request.buffer).getUint16(16, true);
  const wanted = up ? flags | UP : flags & ~UP;
  new DataView(request.buffer).setUint16(16, wanted, true);
  if (wanted !== flags) control(REQUEST.setFlags, request, up ? msg`switch on` : msg`switch off`, name);
}

/** Sets an interface's only IPv4 address; 0 removes it. */
export function setLinkAddress(name: string, address: number, netmask: number, broadcast: number): void {
  const set = (number: number, value: number, say: string) =>
    control(number, interfaceRequest(name, internetAddress(value)), say, name);
  set(REQUEST.setAddress, address, msg`set the address of`);
  if (address === 0) return;
  set(REQUEST.setNetmask, netmask, msg`set the netmask of`);
  set(REQUEST.setBroadcast, broadcast, msg`set the broadcast address of`);
}

/** The first IPv4 address of an interface; `undefined` when it has none or is not there. */
export function readLinkAddress(
  name: string,
): { readonly address: number; readonly netmask: number; readonly broadcast: number } | undefined {
  const get = (number: number) => {
    const request = interfaceRequest(name, new Uint8Array(0));
    control(number, request, msg`read the address of`, name);
    return new DataView(request.buffer).getUint32(20, false);
  };
  try {
    return {
      address: get(REQUEST.getAddress),
      netmask: get(REQUEST.getNetmask),
      broadcast: get(REQUEST.getBroadcast),
    };
  } catch {
    return undefined;
  }
}

/** One route. `gateway` 0: the destination is on the link itself. */
export interface Ipv4Route {
  readonly destination: number;
  readonly netmask: number;
  readonly gateway: number;
}

/**
 * Adds a route through an interface; no error when it exists. `struct rtentry` of 64-bit machines. Source:
 * linux/route.h.
 */
export function addLinkRoute(name: string, { destination, netmask, gateway }: Ipv4Route): void {
  const entry = new Uint8Array(120);
  const view = new DataView(entry.buffer);
  const device = cPath(name);
  entry.set(internetAddress((destination & netmask) >>> 0), 8);
  entry.set(internetAddress(gateway), 24);
  entry.set(internetAddress(netmask), 40);
  const flags = ROUTE.up | (gateway === 0 ? 0 : ROUTE.gateway) | (netmask === 0xffffffff ? ROUTE.host : 0);
  view.setUint16(56, flags, true);
  view.setBigUint64(88, BigInt(ptr(device)), true);
  control(REQUEST.addRoute, entry, msg`add a route through`, device.byteLength > 0 ? name : "", EEXIST);
}

/** `struct vlan_ioctl_args`: command, device, and a number. Source: linux/if_vlan.h. */
function vlanRequest(command: number, device: string, number: number): Uint8Array {
  const request = new Uint8Array(56);
  const view = new DataView(request.buffer);
  view.setInt32(0, command, true);
  request.set(cPath(device).subarray(0, 15), 4);
  view.setInt32(28, number, true);
  return request;
}

/**
 * Makes a VLAN over an interface; `scheme` is how the kernel names it (VLAN_NAME_TYPE_*). No error when it exists.
 * Needs the module 8021q.
 */
export function addVlan(parent: string, id: number, scheme: number): void {
  control(REQUEST.vlan, vlanRequest(VLAN.nameScheme, parent, scheme), msg`name a VLAN over`, parent);
  control(REQUEST.vlan, vlanRequest(VLAN.add, parent, id), msg`make the VLAN ${id} over`, parent, EEXIST);
}

/** Removes a VLAN interface. */
export function removeVlan(name: string): void {
  control(REQUEST.vlan, vlanRequest(VLAN.remove, name, 0), msg`remove the VLAN`, name);
}
