import { msg } from "../base/message.ts";
import type { OptionSpec } from "./spec.ts";

/**
 * Options of mondoarchive that nothing is left to do for: lines that have been in crontabs for twenty years go on. Each
 * is taken, and answered by what is true today.
 */
export const archiveHabits: readonly OptionSpec[] = [
  {
    letter: "z",
    help: msg`taken for the sake of old lines: ACLs and extended attributes are always saved`,
    says: msg`ACLs and extended attributes are always saved; it can be left out`,
  },
  {
    letter: "R",
    help: msg`taken for the sake of old lines: the archive is tar with all attributes, as star's was`,
    says: msg`star is not used: the archive is tar with all attributes in any case; it can be left out`,
  },
  {
    letter: "o",
    help: msg`taken for the sake of old lines: the disc boots by ISOLINUX or GRUB, and by UEFI, never by LILO`,
    says: msg`the disc boots by ISOLINUX or GRUB, and by UEFI; LILO is not needed; it can be left out`,
  },
  {
    letter: "W",
    help: msg`taken for the sake of old lines: the first medium boots in any case`,
    says: msg`the first medium boots in any case; it can be left out`,
  },
  {
    letter: "F",
    help: msg`taken for the sake of old lines: there are no boot floppies`,
    says: msg`there are no boot floppies; it can be left out`,
  },
  {
    letter: "g",
    help: msg`taken for the sake of old lines: progress is shown in lines, in a terminal and without one`,
    says: msg`progress is shown in lines; it can be left out`,
  },
  {
    letter: "K",
    value: "LEVEL",
    help: msg`taken for the sake of old lines: the log has everything at any level`,
    says: msg`the log has everything at any level; it can be left out`,
  },
];
