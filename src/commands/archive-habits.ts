import type { OptionSpec } from "./spec.ts";

/**
 * Options of mondoarchive that nothing is left to do for: lines that have been in crontabs for twenty years go on. Each
 * is taken, and answered by what is true today.
 */
export const archiveHabits: readonly OptionSpec[] = [
  {
    letter: "z",
    help: "taken for the sake of old lines: ACLs and extended attributes are always saved",
    says: "ACLs and extended attributes are always saved; it can be left out",
  },
  {
    letter: "R",
    help: "taken for the sake of old lines: the archive is tar with all attributes, as star's was",
    says: "star is not used: the archive is tar with all attributes in any case; it can be left out",
  },
  {
    letter: "o",
    help: "taken for the sake of old lines: the disc boots by ISOLINUX or GRUB, and by UEFI, never by LILO",
    says: "the disc boots by ISOLINUX or GRUB, and by UEFI; LILO is not needed; it can be left out",
  },
  {
    letter: "W",
    help: "taken for the sake of old lines: the first medium boots in any case",
    says: "the first medium boots in any case; it can be left out",
  },
  {
    letter: "F",
    help: "taken for the sake of old lines: there are no boot floppies",
    says: "there are no boot floppies; it can be left out",
  },
  {
    letter: "g",
    help: "taken for the sake of old lines: progress is shown in lines, in a terminal and without one",
    says: "progress is shown in lines; it can be left out",
  },
  {
    letter: "K",
    value: "LEVEL",
    help: "taken for the sake of old lines: the log has everything at any level",
    says: "the log has everything at any level; it can be left out",
  },
];
