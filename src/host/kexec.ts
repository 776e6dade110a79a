import { ptr } from "bun:ffi";
import { callNumbers } from "./call-numbers.ts";
import { c, closeFd, cPath, errno, OpenFlag, openPath, systemError } from "./syscalls.ts";

/** kexec_file_load(2). */
const KEXEC_FILE_LOAD = BigInt(callNumbers.kexecFileLoad);
const KEXEC_FILE_UNLOAD = 1n;
const NONE = -1n;

/**
 * Loads a kernel for the next restart, which then bypasses the firmware. Throws `system` when this kernel can't do
 * that, or doesn't allow it.
 */
export function loadKernel(kernel: string, initrd: string, words: string): void {
  const text = cPath(words);
  const fds: number[] = [];
  try {
    for (const path of [kernel, initrd]) fds.push(openPath(path, OpenFlag.read));
    const [first = -1, second = -1] = fds;
    const [length, at] = [BigInt(text.byteLength), BigInt(ptr(text))];
    const result = c.syscall(KEXEC_FILE_LOAD, BigInt(first), BigInt(second), length, at, 0n);
    if (Number(result) < 0) throw systemError("kexec_file_load", kernel, errno());
  } finally {
    for (const fd of fds) closeFd(fd);
  }
}

/** Unloads such a kernel: the next restart goes through the firmware. */
export function unloadKernel(): void {
  c.syscall(KEXEC_FILE_LOAD, NONE, NONE, 0n, 0n, KEXEC_FILE_UNLOAD);
}
