import { viewOf } from "../base/bytes.ts";

/** The transmission phase of the network block device, as the kernel's client speaks it. Source: linux/nbd.h. */
const MAGIC = { request: 0x25609513, reply: 0x67446698 } as const;
export const NBD_REQUEST_BYTES = 28;
const REPLY_BYTES = 16;

export interface NbdRequest {
  readonly kind: "read" | "disconnect" | "other";
  /** Eight bytes that the reply repeats. */
  readonly handle: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** One request at the start of the bytes; `undefined` when they are too few or none of the kernel's. */
export function decodeNbdRequest(bytes: Uint8Array): NbdRequest | undefined {
  if (bytes.byteLength < NBD_REQUEST_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, false) !== MAGIC.request) return undefined;
  // The upper half is flags (a barrier, no cache): they mean nothing to a reader.
  const type = view.getUint32(4, false) & 0xffff;
  return {
    kind: type === 0 ? "read" : type === 2 ? "disconnect" : "other",
    handle: bytes.slice(8, 16),
    offset: Number(view.getBigUint64(16, false)),
    length: view.getUint32(24, false),
  };
}

/** The head of a reply; what was read follows it when `error` (an errno) is 0. */
export function encodeNbdReply(handle: Uint8Array, error: number): Uint8Array {
  const bytes = new Uint8Array(REPLY_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC.reply, false);
  view.setUint32(4, error, false);
  bytes.set(handle, 8);
  return bytes;
}
