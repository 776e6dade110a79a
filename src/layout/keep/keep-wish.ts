/**
 * What of a set's disks is to stay as it is. `offer`: all that can, and a sentence about each that can't; `auto`: the
 * same, but what can't be kept is refused; `none`: nothing, with a sentence about each that could be. Otherwise mount
 * points and disks of the set by name.
 */
export type KeepWish = "offer" | "auto" | "none" | readonly string[];

/** What the ways to say it mean, for people. */
export const KEEP_MEANING =
  "disks of the backup that stay as they are, nothing written to them, because all that was on them is here by its UUIDs: auto (all such disks; data of which only a part is here is refused), none, or mount points and disks by name (default: none; in interactive mode all such disks are offered)";

/** A wish as typed: `auto`, `none`, or mount points and disks with commas between; undefined for anything else. */
export function parseKeepWish(text: string): KeepWish | undefined {
  if (text === "auto" || text === "none") return text;
  const names = text.split(",");
  return names.every((name) => /^[^\s,]+$/.test(name)) ? names : undefined;
}
