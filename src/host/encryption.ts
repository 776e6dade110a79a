/** What the kernel knows of an encrypted directory (fscrypt). Source: linux/fscrypt.h. */
import { FFIType } from "bun:ffi";
import { library } from "./library.ts";

const c = library("libc.so.6", {
  ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

const FS_IOC_GET_ENCRYPTION_POLICY_EX = 0xc0096616;
const FS_IOC_GET_ENCRYPTION_KEY_STATUS = 0xc080661a;
/** In the union after u64 policy_size: u8 version; in version 2 also an identifier of 16 bytes at 8. */
const POLICY_BYTES = 24;
const [VERSION_AT, IDENTIFIER_AT] = [8, 16];
const POLICY_V2 = 2;
/** struct fscrypt_get_key_status_arg: u32 type, u32, the identifier, zeros, then u32 status at 64. */
const STATUS_BYTES = 128;
const [SPEC_IDENTIFIER, SPEC_AT, STATUS_AT] = [2, 8, 64];
const KEY_ABSENT = 1;

/**
 * Whether an open encrypted directory has no key, so that its names and links can't be read. False for a policy of
 * version 1, whose key may be in any keyring.
 */
export function isLockedFd(fd: number): boolean {
  const policy = new DataView(new ArrayBuffer(8 + POLICY_BYTES));
  policy.setBigUint64(0, BigInt(POLICY_BYTES), true);
  if (c.ioctl(fd, FS_IOC_GET_ENCRYPTION_POLICY_EX, new Uint8Array(policy.buffer)) < 0) return false;
  if (policy.getUint8(VERSION_AT) !== POLICY_V2) return false;
  const status = new DataView(new ArrayBuffer(STATUS_BYTES));
  status.setUint32(0, SPEC_IDENTIFIER, true);
  const bytes = new Uint8Array(status.buffer);
  bytes.set(new Uint8Array(policy.buffer, IDENTIFIER_AT, 16), SPEC_AT);
  return c.ioctl(fd, FS_IOC_GET_ENCRYPTION_KEY_STATUS, bytes) >= 0 && status.getUint32(STATUS_AT, true) === KEY_ABSENT;
}
