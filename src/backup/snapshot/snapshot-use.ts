/** How full snapshots are, by what device mapper says. Pure. */

import { msg } from "../../base/message.ts";

/** What a snapshot depends on: itself, or the pool that it lies in. */
export interface Watched {
  /** Its name for device mapper. */
  readonly device: string;
  /** For people. */
  readonly what: string;
}

/** A pool is given up before it is full: then everything in it would stop. */
const POOL_LIMIT = 0.95;

const shareOf = (text: string | undefined): number => {
  const [used, total] = (text ?? "").split("/").map(Number);
  return used !== undefined && total !== undefined && total > 0 ? used / total : 0;
};

/** Source: Documentation/admin-guide/device-mapper/snapshot.rst and thin-provisioning.rst of Linux. */
function flawOf(target: string, words: readonly string[]): string | undefined {
  if (target === "snapshot") {
    const [state = ""] = words;
    return /^\d+\/\d+$/.test(state) && shareOf(state) < 1 ? undefined : msg`is full, and holds nothing any more`;
  }
  if (target !== "thin-pool") return undefined;
  const [, metadata, data] = words;
  if (/\b(?:Fail|Error|out_of_data_space|ro)\b/.test(words.join(" "))) return msg`takes no more writes`;
  const full = Math.max(shareOf(metadata), shareOf(data));
  return full < POOL_LIMIT ? undefined : msg`is ${Math.floor(full * 100)} % full`;
}

/** Of what is watched, the first that no longer serves, as a sentence; `status` is the output of `dmsetup status`. */
export function lostSnapshot(status: string, watched: readonly Watched[]): string | undefined {
  const lines = new Map(
    status.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [
        line.slice(0, at),
        line
          .slice(at + 2)
          .trim()
          .split(/\s+/)
          .slice(2),
      ] as const;
    }),
  );
  for (const { device, what } of watched) {
    const [target, ...words] = lines.get(device) ?? [];
    const flaw = target === undefined ? msg`is gone` : flawOf(target, words);
    if (flaw !== undefined) return `${what} ${flaw}`;
  }
  return undefined;
}
