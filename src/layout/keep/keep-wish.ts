import { msg } from "../../base/message.ts";

/**
 * What of a set's disks is to stay as it is. `offer`: all that can, and a sentence about each that can't; `auto`: the
 * same, but what can't be kept is refused; `none`: nothing, with a sentence about each that could be. Otherwise mount
 * points and disks of the set by name.
 */
export type KeepWish = "offer" | "auto" | "none" | readonly string[];

/** What the ways to say it mean, for people. */
export const KEEP_MEANING = msg`disks of the backup that stay as they are, nothing written to them, because all that was on them is here by its UUIDs: auto (all such disks; data of which only a part is here is refused), none, or mount points and disks by name (default: none; in interactive mode all such disks are offered)`;

/**
 * A wish as typed: `auto`, `none`, or mount points and disks with commas between. Whatever else it is, is a name that
 * nothing has, and refused where the disks are known: a wish that is misspelt must not become the wish to keep nothing.
 */
export const parseKeepWish = (text: string): KeepWish => (text === "auto" || text === "none" ? text : text.split(","));
