import { ptr } from "bun:ffi";
import { writeSync } from "node:fs";
import { msg } from "../base/message.ts";
import { callNumbers } from "./call-numbers.ts";
import { c, cPath } from "./syscalls.ts";

const MEMFD_CREATE = BigInt(callNumbers.memfdCreate);
const CLOSE_ON_EXEC = 1n;

/** A descriptor whose content is these bytes, in memory; the caller closes it. Throws where the kernel has none. */
export function memoryFile(name: string, bytes: Uint8Array): number {
  const fd = Number(c.syscall(MEMFD_CREATE, BigInt(ptr(cPath(`mondo-${name}`))), CLOSE_ON_EXEC, 0n, 0n, 0n));
  if (fd < 0) throw new Error(msg`memfd_create failed`);
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done);
  return fd;
}
