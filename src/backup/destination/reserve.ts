import { MIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";

const RESERVE_BYTES = 2 * MIB;
const MOST_RANDOM = 65_536;

const pathOf = (directory: string): string => `${directory}/reserve`;

/**
 * Keeps a little room on a file system that the backup may fill: what it has saved by then can be given a directory and
 * a manifest with it. Of random bytes, which no file system makes smaller.
 */
export function keepReserve(host: Host, directory: string): void {
  const bytes = new Uint8Array(RESERVE_BYTES);
  for (let at = 0; at < bytes.length; at += MOST_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM));
  host.write(pathOf(directory), bytes, 0o600);
}

/** Gives the room back. */
export function useReserve(host: Host, directory: string): void {
  host.remove(pathOf(directory));
}
