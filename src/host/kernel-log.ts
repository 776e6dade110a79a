import { ptr } from "bun:ffi";
import { callNumbers } from "./call-numbers.ts";
import { c } from "./syscalls.ts";

/** syslog(2). */
const SYSLOG = BigInt(callNumbers.syslog);
const READ_ALL = 3n;
const SIZE_BUFFER = 10n;
const LEAST_BYTES = 1 << 16;

/** The kernel's log buffer as text; empty where it can't be read. */
export function readKernelLog(): string {
  const size = Number(c.syscall(SYSLOG, SIZE_BUFFER, 0n, 0n, 0n, 0n));
  const buffer = new Uint8Array(Math.max(size, LEAST_BYTES));
  const length = Number(c.syscall(SYSLOG, READ_ALL, BigInt(ptr(buffer)), BigInt(buffer.byteLength), 0n, 0n));
  return new TextDecoder().decode(buffer.subarray(0, Math.max(0, length)));
}
