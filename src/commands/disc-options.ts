/** What the words of `mondo archive` and `mondo burn` say of discs. */

import type { DiscsMedium } from "../backup/request.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { MIB } from "../base/units.ts";
import type { DiscFamily } from "../discs/media-kinds.ts";
import type { ParsedWords } from "./parse.ts";
import { dashed, type OptionSpec } from "./spec.ts";

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

/** What each of Mondo's switches writes, and how large its discs are when none is looked at. */
const switches: readonly { readonly key: string; readonly families: readonly DiscFamily[]; readonly bytes: number }[] =
  [
    { key: "cd", families: ["CD"], bytes: 650 * MIB },
    { key: "cd-rw", families: ["CD"], bytes: 650 * MIB },
    { key: "dvd", families: ["DVD", "BD"], bytes: 4380 * MIB },
    { key: "cd-stream", families: ["CD"], bytes: 650 * MIB },
  ];

/** Options of `mondo archive` about discs. */
export const discOptions: readonly OptionSpec[] = [
  {
    letter: "r",
    long: "dvd",
    help: msg`write to DVDs or BDs in the drive of -d (default: the only one that writes): images as large as the disc in it are made in /var/cache/mondo (or -S), then each is written to a disc of its own and read back; the next disc is asked for`,
  },
  { letter: "c", long: "cd", value: "SPEED", help: msg`the same to CD-Rs or CD-RWs, at this speed (1 is the slowest)` },
  { letter: "w", long: "cd-rw", value: "SPEED", help: msg`the same as -c` },
  {
    letter: "C",
    long: "cd-stream",
    value: "SPEED",
    help: msg`the same as -c`,
    says: msg`discs hold images, as with -c; a bare stream goes to a pipe, a file or a device with -u`,
  },
  {
    long: "blank",
    help: msg`with -r, -c, -w: erase what rewritable discs hold without a question, but never another disc of the same backup`,
  },
  {
    letter: "m",
    long: "manual-tray",
    help: msg`with -r, -c, -w: a person alone moves the tray; the first disc is asked for when the images are made, of 650m (CD) or 4380m (DVD) unless -s says otherwise`,
  },
];

/** `16` → 16. */
export function speedOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw usage(msg`${option} ${text} is no speed`, msg`Give a number from 1 to 999; the slowest is 1.`);
}

/** Discs, if they are asked for; the device is the word as it was given. */
export function discsOf(words: ParsedWords): DiscsMedium | undefined {
  const given = switches.filter(({ key }) => words.flags.has(key) || words.values.has(key));
  const [one, second] = given;
  if (!one) {
    const lone = ["blank", "manual-tray"].find((key) => words.flags.has(key));
    if (lone === undefined) return undefined;
    throw usage(msg`--${lone} makes sense for discs only`, msg`Add -r, -c or -w, or leave it out.`);
  }
  const others = ["iso", "nfs", "stream", "tape", "usb", "U", "to", "layout", "keep", "overwrite"];
  const other = second?.key ?? others.find((key) => words.flags.has(key) || words.values.has(key));
  if (other !== undefined)
    throw usage(msg`--${one.key} and ${dashed(other)} contradict each other`, msg`Give one of them.`);
  const speed = speedOf(words.values.get(one.key), `--${one.key}`);
  return {
    kind: "discs",
    device: words.values.get("dir"),
    families: one.families,
    ...(speed === undefined ? {} : { speed }),
    blank: words.flags.has("blank"),
    isManual: words.flags.has("manual-tray"),
  };
}

/** How large the discs are that a person puts in later. */
export const usualBytes = ({ families }: DiscsMedium): number =>
  switches.find(({ families: [first] }) => first === families[0])?.bytes ?? 0;
