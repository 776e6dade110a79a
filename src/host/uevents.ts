import { FFIType, ptr } from "bun:ffi";
import { decodeText } from "../base/bytes.ts";
import { library } from "./library.ts";
import { c, closeFd, errno, systemError } from "./syscalls.ts";

const { i32, ptr: pointer, u32 } = FFIType;

const sockets = library("libc.so.6", {
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
});

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const NETLINK_KOBJECT_UEVENT = 15;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** A machine with a thousand devices sends a burst of events; what doesn't fit is lost (ENOBUFS). */
const RECEIVE_BYTES = 4 << 20;
const ENOBUFS = 105;

/** One event of a device. */
export interface Uevent {
  readonly action: string;
  /** Below /sys. */
  readonly devicePath: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The kernel's device events since the socket was opened. */
export interface UeventSource {
  /** Events since the last call; `lost` when the kernel dropped some (look at /sys again). Returns at once. */
  read(): { readonly events: readonly Uevent[]; readonly lost: boolean };
  close(): void;
}

/** One message of the kernel: `add@/devices/…` and NUL-separated `KEY=value`. `undefined` for udev's own messages. */
export function decodeUevent(bytes: Uint8Array): Uevent | undefined {
  const [head = "", ...pairs] = decodeText(bytes).split("\0");
  const at = head.indexOf("@/");
  if (at <= 0) return undefined;
  const values: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals > 0) values[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { action: head.slice(0, at), devicePath: head.slice(at + 1), values };
}

/** Listens to the kernel's device events. Source: netlink(7), lib/kobject_uevent.c. */
export function openUevents(): UeventSource {
  const fd = sockets.socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) throw systemError("socket", "netlink uevent", errno());
  const size = new Int32Array([RECEIVE_BYTES]);
  sockets.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, ptr(size), 4);
  const address = new Uint8Array(12);
  new DataView(address.buffer).setUint16(0, AF_NETLINK, true);
  new DataView(address.buffer).setUint32(8, 1, true);
  if (sockets.bind(fd, ptr(address), address.byteLength) < 0) throw systemError("bind", "netlink uevent", errno());
  const buffer = new Uint8Array(16384);
  return {
    read() {
      const events: Uevent[] = [];
      let lost = false;
      for (;;) {
        const length = Number(c.read(fd, ptr(buffer), buffer.byteLength));
        if (length <= 0) {
          if (length < 0 && errno() === ENOBUFS) {
            lost = true;
            continue;
          }
          return { events, lost };
        }
        const event = decodeUevent(buffer.subarray(0, length));
        if (event) events.push(event);
      }
    },
    close: () => closeFd(fd),
  };
}
