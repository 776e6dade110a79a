/**
 * Native addons of the executable. Bun would unpack them to /tmp under names that anyone can guess, where hardening
 * forbids execution; here each is loaded from memory. `build.ts` puts `loadAddon` in place of the packages' loaders.
 */
import { ptr } from "bun:ffi";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { workerData } from "node:worker_threads";
import { MondoError, messageOf } from "../base/errors.ts";
import { c, closeFd, cPath } from "./syscalls.ts";

const ADDONS = ["zstd", "lzma"] as const;

/** Number of memfd_create(2), which glibc 2.27 was the first to wrap. Source: asm/unistd_64.h. */
const MEMFD_CREATE = 319n;
const CLOSE_ON_EXEC = 1n;

/** Where a file can be loaded from when memory can't: a new directory of ours in the first of these that lets it. */
const PLACES = ["/run", "/dev/shm", "/var/tmp", dirname(process.execPath), "/tmp"];

/**
 * Descriptors of the addons in memory, by their place in ADDONS, for all threads of this process; 0: not loaded. They
 * stay open: the C library knows a library by its path, and /proc/self/fd/N must not come to mean another.
 */
export const addonDescriptors: Int32Array =
  (workerData as { addons?: Int32Array } | undefined)?.addons ?? new Int32Array(new SharedArrayBuffer(8));

function open(path: string): unknown {
  const loaded = { exports: {} };
  process.dlopen(loaded, path);
  return loaded.exports;
}

/** A descriptor whose content is these bytes, in memory. */
function inMemory(name: string, bytes: Uint8Array): number {
  const fd = Number(c.syscall(MEMFD_CREATE, BigInt(ptr(cPath(`mondo-${name}`))), CLOSE_ON_EXEC, 0n, 0n, 0n));
  if (fd < 0) throw new Error("memfd_create failed");
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done);
  return fd;
}

function fromMemory(name: (typeof ADDONS)[number], bytes: Uint8Array): unknown {
  const place = ADDONS.indexOf(name);
  const known = Atomics.load(addonDescriptors, place);
  if (known > 0) return open(`/proc/self/fd/${known}`);
  const fd = inMemory(name, bytes);
  try {
    const addon = open(`/proc/self/fd/${fd}`);
    Atomics.store(addonDescriptors, place, fd);
    return addon;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** An addon from a new directory in `parent` that nobody else can write to or foresee; removed again. */
export function addonFromDirectory(parent: string, name: string, bytes: Uint8Array): unknown {
  const directory = mkdtempSync(`${parent}/.mondo-`);
  try {
    chmodSync(directory, 0o700);
    writeFileSync(`${directory}/${name}.node`, bytes, { mode: 0o700, flag: "wx" });
    return open(`${directory}/${name}.node`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** An addon whose bytes are in a file of the executable. Throws `system` when it can't be loaded from anywhere. */
export function loadAddon(name: (typeof ADDONS)[number], embedded: string): unknown {
  const bytes = readFileSync(embedded);
  const ways = [
    () => fromMemory(name, bytes),
    ...PLACES.map((parent) => () => addonFromDirectory(parent, name, bytes)),
  ];
  let first: unknown;
  for (const way of ways) {
    try {
      return way();
    } catch (error) {
      first ??= error;
    }
  }
  throw new MondoError("system", `the part of mondo for ${name} can't be loaded (${messageOf(first)})`, {
    hint: "Make one of /run, /var/tmp and /tmp writable, and mount it without noexec.",
    cause: first,
  });
}
