/**
 * Sockets through libc, for what the runtime has no socket for: packets, interface requests, connects with their errno.
 */

import { FFIType, ptr } from "bun:ffi";
import { parseIpv4 } from "../base/ipv4.ts";
import { parseIpv6 } from "../base/ipv6.ts";
import { msg } from "../base/message.ts";
import { library } from "./library.ts";
import { c, errno, systemError } from "./syscalls.ts";

const { i32, i64, ptr: pointer, u32, u64 } = FFIType;

const calls = library("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  connect: { args: [i32, pointer, u32], returns: i32 },
  getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i64 },
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
  poll: { args: [pointer, u64, i32], returns: i32 },
});

/** Source: linux/socket.h, asm-generic/socket.h. */
const AF = { unix: 1, inet: 2, inet6: 10, packet: 17 } as const;
/** Bytes of an IPv6 address. */
export const IPV6_BYTES = 16;
const TYPE = { stream: 1, datagram: 2 } as const;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const POLLOUT = 4;
const EINPROGRESS = 115;
const SO_BINDTODEVICE = 25;
/** EtherTypes. Source: linux/if_ether.h. */
const ETHERTYPE = { ip: 0x0800, ipv6: 0x86dd } as const;

/** A socket that never blocks; the caller closes it with `closeFd`. Throws `system`. */
export function openSocket(family: keyof typeof AF, type: keyof typeof TYPE, protocol = 0): number {
  const fd = calls.socket(AF[family], TYPE[type] | NONBLOCK_CLOEXEC, protocol);
  if (fd < 0) throw systemError(msg`open a socket of type`, family, errno());
  return fd;
}

/** Packets that arrive at one interface. */
export interface Reception {
  /** The next packet; `undefined` when none waits. */
  receive(): Uint8Array | undefined;
  close(): void;
}

/** Raw IPv4 packets of one interface, which needs neither address nor routes. */
export interface PacketSocket extends Reception {
  /** Sends an IP packet to every station of the link. */
  broadcast(packet: Uint8Array): void;
}

/** `struct sockaddr_ll`. Source: packet(7). */
function linkAddress(index: number, protocol: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF.packet, true);
  view.setUint16(2, protocol, false);
  view.setInt32(4, index, true);
  view.setUint8(11, 6);
  address.fill(0xff, 12, 18);
  return address;
}

/** Instructions of the classic packet filter: code, jump if true, jump if false, operand. Source: linux/filter.h. */
type Filter = readonly (readonly [number, number, number, number])[];

const udpTo = (port: number): Filter => [
  [0x30, 0, 0, 9], // the protocol
  [0x15, 0, 6, 17], // is UDP
  [0x28, 0, 0, 6], // the fragment's offset
  [0x45, 4, 0, 0x1fff], // is 0
  [0xb1, 0, 0, 0], // behind the header
  [0x48, 0, 0, 2], // the port
  [0x15, 0, 1, port],
  [0x06, 0, 0, 0xffff], // take it all
  [0x06, 0, 0, 0],
];

const routerAdvertisements: Filter = [
  [0x30, 0, 0, 6], // the next header
  [0x15, 0, 3, 58], // is ICMPv6
  [0x30, 0, 0, 40], // its type
  [0x15, 0, 1, 134],
  [0x06, 0, 0, 0xffff],
  [0x06, 0, 0, 0],
];

/** Lets the kernel drop everything else: a restore's traffic would fill the socket at once. */
function setFilter(fd: number, filter: Filter): void {
  const program = new Uint8Array(filter.length * 8);
  const view = new DataView(program.buffer);
  filter.forEach(([code, yes, no, operand], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, yes);
    view.setUint8(index * 8 + 3, no);
    view.setUint32(index * 8 + 4, operand, true);
  });
  const head = new Uint8Array(16);
  new DataView(head.buffer).setUint16(0, filter.length, true);
  new DataView(head.buffer).setBigUint64(8, BigInt(ptr(program)), true);
  if (calls.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, ptr(head), head.byteLength) < 0) {
    throw systemError(msg`filter packets of socket`, String(fd), errno());
  }
}

const receiver = (fd: number): Reception => {
  const buffer = new Uint8Array(65536);
  return {
    receive() {
      const length = Number(c.read(fd, ptr(buffer), buffer.byteLength));
      return length > 0 ? buffer.slice(0, length) : undefined;
    },
    close: () => void c.close(fd),
  };
};

/** A socket for what the filter lets through on an interface, and the link address to send to. */
function openFiltered(
  index: number,
  protocol: number,
  filter: Filter,
): { readonly fd: number; readonly all: Uint8Array } {
  // The protocol is in network byte order: packets are queued from this call on.
  const fd = openSocket("packet", "datagram", ((protocol & 0xff) << 8) | (protocol >> 8));
  try {
    const all = linkAddress(index, protocol);
    if (calls.bind(fd, ptr(all), all.byteLength) < 0) {
      throw systemError(msg`bind a packet socket to interface`, String(index), errno());
    }
    setFilter(fd, filter);
    return { fd, all };
  } catch (error) {
    c.close(fd);
    throw error;
  }
}

/** Opens it on an interface by its index, for UDP to one port; needs root. Throws `system`. */
export function openPacketSocket(index: number, port: number): PacketSocket {
  const { fd, all } = openFiltered(index, ETHERTYPE.ip, udpTo(port));
  return {
    ...receiver(fd),
    broadcast(packet) {
      const sent = calls.sendto(fd, ptr(packet), packet.byteLength, 0, ptr(all), all.byteLength);
      if (Number(sent) < 0) throw systemError(msg`send to interface`, String(index), errno());
    },
  };
}

/** Router advertisements that arrive at an interface; needs root. Throws `system`. */
export const listenForRouters = (index: number): Reception =>
  receiver(openFiltered(index, ETHERTYPE.ipv6, routerAdvertisements).fd);

/** `struct sockaddr_in`. Source: ip(7). */
export function internetAddress(address: number, port = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF.inet, true);
  view.setUint16(2, port, false);
  view.setUint32(4, address, false);
  return bytes;
}

/** `struct sockaddr_in6`. Source: ipv6(7). */
function internetAddress6(address: Uint8Array, port: number, scope = 0): Uint8Array {
  const bytes = new Uint8Array(28);
  new DataView(bytes.buffer).setUint32(24, scope, true);
  new DataView(bytes.buffer).setUint16(0, AF.inet6, true);
  new DataView(bytes.buffer).setUint16(2, port, false);
  bytes.set(address, 8);
  return bytes;
}

/** UDP over IPv6 on one interface. */
export interface UdpSocket6 extends Reception {
  /** Sends to a port of an address of the link; `false` while the interface has no address to send from. */
  send(payload: Uint8Array, address: Uint8Array, port: number): boolean;
}

/** Opens it on an interface, by name and index, for a port. Throws `system`. */
export function openUdpSocket6(name: string, index: number, port: number): UdpSocket6 {
  const fd = openSocket("inet6", "datagram");
  // An earlier one may not be closed yet.
  const yes = new Int32Array([1]);
  calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ptr(yes), yes.byteLength);
  const [device, own] = [new TextEncoder().encode(`${name}\0`), internetAddress6(new Uint8Array(IPV6_BYTES), port)];
  const bound = calls.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ptr(device), device.byteLength);
  if (bound < 0 || calls.bind(fd, ptr(own), own.byteLength) < 0) {
    const error = systemError(msg`bind a socket to interface`, name, errno());
    c.close(fd);
    throw error;
  }
  return {
    ...receiver(fd),
    send(payload, address, port) {
      const to = internetAddress6(address, port, index);
      return Number(calls.sendto(fd, ptr(payload), payload.byteLength, 0, ptr(to), to.byteLength)) >= 0;
    },
  };
}

/** A TCP connection being made; nothing is ever sent on it. */
export interface ConnectAttempt {
  /** 0 when connected, the error number when it failed, `undefined` while in progress. */
  outcome(): number | undefined;
  close(): void;
}

/** Starts connecting to an IPv4 or IPv6 address. */
export function startConnect(address: string, port: number): ConnectAttempt {
  const six = parseIpv6(address);
  const fd = openSocket(six ? "inet6" : "inet", "stream");
  const target = six ? internetAddress6(six, port) : internetAddress(parseIpv4(address) ?? 0, port);
  const failed = calls.connect(fd, ptr(target), target.byteLength) < 0 ? errno() : 0;
  return {
    outcome() {
      if (failed !== EINPROGRESS) return failed;
      const request = new Uint8Array(8);
      const view = new DataView(request.buffer);
      view.setInt32(0, fd, true);
      view.setInt16(4, POLLOUT, true);
      if (calls.poll(ptr(request), 1, 0) <= 0) return undefined;
      const [error, size] = [new Int32Array(1), new Uint32Array([4])];
      calls.getsockopt(fd, SOL_SOCKET, SO_ERROR, ptr(error), ptr(size));
      return error[0] ?? 0;
    },
    close: () => void c.close(fd),
  };
}
