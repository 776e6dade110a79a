import { swapDriver } from "../drivers/fs/swap.ts";
import { parseFstab, parseSwaps } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { SwapFile } from "../layout/types.ts";
import { type Facts, recording, replay, type SwapFileFacts } from "./facts.ts";

/**
 * Files that are swapped to now or at the next start, as far as they hold a swap area. `base` stands before each path.
 */
export function readSwapFiles(host: Host, base: string, swaps: string, fstab: string): SwapFileFacts[] {
  const active = base === "" ? parseSwaps(swaps).flatMap(({ path, type }) => (type === "file" ? [path] : [])) : [];
  const listed = parseFstab(fstab).flatMap(({ spec, type }) => (type === "swap" && spec.startsWith("/") ? [spec] : []));
  return [...new Set([...active, ...listed])].flatMap((path): SwapFileFacts[] => {
    const stat = path.startsWith("/dev/") ? undefined : host.stat(`${base}${path}`);
    if (stat?.kind !== "file") return [];
    const [read, saved] = recording((offset, length) => host.readAt(`${base}${path}`, offset, length));
    if (swapDriver.recognise(read) === undefined) return [];
    return [{ path, sizeBytes: stat.sizeBytes, mode: stat.mode & 0o7777, reads: saved() }];
  });
}

/** The nodes of the swap files. */
export function swapFileNodes(facts: Facts): SwapFile[] {
  const active = new Set(parseSwaps(facts.swaps).map(({ path }) => path));
  const commandLine = Object.values(facts.texts).join("\n");
  const resumeOffset = /\bresume_offset=(\d+)/.exec(commandLine)?.[1];
  return (facts.swapFiles ?? []).flatMap(({ path, sizeBytes, mode, reads }): SwapFile[] => {
    const head = swapDriver.recognise(replay(reads));
    if (!head) return [];
    const { uuid, label } = head;
    return [
      {
        kind: "swap-file",
        id: `swap-file:${path}`,
        path,
        ...(uuid === undefined ? {} : { uuid }),
        ...(label === undefined ? {} : { label }),
        sizeBytes,
        mode,
        active: active.has(path),
        ...(resumeOffset === undefined ? {} : { resumeOffset: Number(resumeOffset) }),
      },
    ];
  });
}
