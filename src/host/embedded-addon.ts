/**
 * Native addons of the executable. Bun would unpack them to /tmp under names that anyone can guess, where hardening
 * forbids execution; here each is loaded from memory. `build.ts` puts `loadAddon` in place of the packages' loaders.
 */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { workerData } from "node:worker_threads";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { memoryFile } from "./memory-file.ts";
import { closeFd } from "./syscalls.ts";

const ADDONS = ["zstd", "lzma"] as const;

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

function fromMemory(name: (typeof ADDONS)[number], bytes: Uint8Array): unknown {
  const place = ADDONS.indexOf(name);
  const known = Atomics.load(addonDescriptors, place);
  if (known > 0) return open(`/proc/self/fd/${known}`);
  const fd = memoryFile(name, bytes);
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
  throw new MondoError("system", msg`the part of mondo for ${name} can't be loaded (${messageOf(first)})`, {
    hint: msg`Make one of /run, /var/tmp and /tmp writable, and mount it without noexec.`,
    cause: first,
  });
}
