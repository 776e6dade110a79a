import { RECENT_DAYS } from "../archive/verify/reading-note.ts";
import { msg } from "../base/message.ts";
import type { OptionSpec } from "./spec.ts";

/** `--note`, of those that read a backup through; `condition`: with what (`with -V: `), or nothing. */
export const noteOption = (condition: string): OptionSpec => ({
  long: "note",
  help: msg`${condition}note beside the backup that it is whole (NAME-1.iso.verified, or verified.json in its directory): for ${RECENT_DAYS} days a restore with mondo.check=recent does not read it before it writes; a copy of the files, and files that were changed, need a note of their own; none on FAT, exFAT and FUSE`,
});
