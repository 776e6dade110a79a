/** Sockets through libc, for what the runtime has no socket for: packets, interface requests, connects with their errno. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { parseIpv4 } from "../base/ipv4.ts";
import { parseIpv6 } from "../base/ipv6.ts";
import { c, errno, systemError } from "./syscalls.ts";

const { i32, i64, ptr: pointer, u32, u64 } = FFIType;

const calls = dlopen("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  connect: { args: [i32, pointer, u32], returns: i32 },
  getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i64 },
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
  poll: { args: [pointer, u64, i32], returns: i32 },
}).symbols;

/** Source: linux/socket.h, asm-generic/socket.h. */
const AF = { unix: 1, inet: 2, inet6: 10, packet: 17 } as const;
export const IPV6_BYTES = 16;
const TYPE = { stream: 1, datagram: 2 } as const;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const POLLOUT = 4;
const EINPROGRESS = 115;
const ETH_P_IP = 0x0800;

/** A socket that never blocks; the caller closes it with `closeFd`. Throws `system`. */
export function openSocket(family: keyof typeof AF, type: keyof typeof TYPE, protocol = 0): number {
  const fd = calls.socket(AF[family], TYPE[type] | NONBLOCK_CLOEXEC, protocol);
  if (fd < 0) throw systemError("open a socket of type", family, errno());
  return fd;
}

/** IPv4 packets of one interface, below addresses and routes. */
export interface PacketSocket {
  /** Sends an IP packet to every station of the link. */
  broadcast(packet: Uint8Array): void;
  /** The next IP packet that came; `undefined` when none waits. */
  receive(): Uint8Array | undefined;
  close(): void;
}

/** `struct sockaddr_ll`. Source: packet(7). */
function linkAddress(index: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF.packet, true);
  view.setUint16(2, ETH_P_IP, false);
  view.setInt32(4, index, true);
  view.setUint8(11, 6);
  address.fill(0xff, 12, 18);
  return address;
}

/** Instructions of the classic packet filter: code, jump if true, jump if false, operand. Source: linux/filter.h. */
const udpTo = (port: number): readonly (readonly [number, number, number, number])[] => [
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

/** Lets the kernel drop all but UDP to one port: a restore's traffic would fill the socket at once. */
function filterPort(fd: number, port: number): void {
  const filter = udpTo(port);
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
    throw systemError("filter packets to port", String(port), errno());
  }
}

/** Opens it on an interface by its index, for UDP to one port; needs root. Throws `system`. */
export function openPacketSocket(index: number, port: number): PacketSocket {
  // The protocol is in network order: the kernel takes packets from the moment of this call.
  const fd = openSocket("packet", "datagram", ((ETH_P_IP & 0xff) << 8) | (ETH_P_IP >> 8));
  const address = linkAddress(index);
  if (calls.bind(fd, ptr(address), address.byteLength) < 0) {
    const error = systemError("bind a packet socket to interface", String(index), errno());
    c.close(fd);
    throw error;
  }
  filterPort(fd, port);
  const buffer = new Uint8Array(65536);
  return {
    broadcast(packet) {
      const sent = calls.sendto(fd, ptr(packet), packet.byteLength, 0, ptr(address), address.byteLength);
      if (Number(sent) < 0) throw systemError("send to interface", String(index), errno());
    },
    receive() {
      const length = Number(c.read(fd, ptr(buffer), buffer.byteLength));
      return length > 0 ? buffer.slice(0, length) : undefined;
    },
    close: () => void c.close(fd),
  };
}

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
function internetAddress6(address: Uint8Array, port: number): Uint8Array {
  const bytes = new Uint8Array(28);
  new DataView(bytes.buffer).setUint16(0, AF.inet6, true);
  new DataView(bytes.buffer).setUint16(2, port, false);
  bytes.set(address, 8);
  return bytes;
}

/** A TCP connection being made; nothing is ever sent on it. */
export interface ConnectAttempt {
  /** 0 when it stands, the error number when it failed, `undefined` while it is under way. */
  outcome(): number | undefined;
  close(): void;
}

/** Starts to connect to an IPv4 or IPv6 address. */
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
