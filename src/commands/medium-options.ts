/** What the words of `mondo archive` say of directories and sticks. */

import type { Medium } from "../backup/request.ts";
import type { StickWish } from "../backup/stick/with-stick.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { parseSize } from "../base/units.ts";
import { stickFilesystems } from "../drivers/media/stick-filesystems.ts";
import { keepRulesOf } from "./keep-options.ts";
import type { ParsedWords } from "./parse.ts";
import type { OptionSpec } from "./spec.ts";

/** Of whatever writes to a stick. */
export const stickFilesystemOption: OptionSpec = {
  long: "usb-fs",
  value: "ext4|exfat",
  completes: { words: ["ext4", "exfat"] },
  help: msg`with --usb or -U: what a new stick keeps the backups in; exfat is read by Windows and macOS, too, and does not start with Secure Boot (default: ext4)`,
};

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

const WITH_DIRECTORIES = msg`Add --layout directory, --usb or --to.`;

/** What is written: images, or a directory. */
export function layoutOf(words: ParsedWords): Medium {
  const layout = words.values.get("layout") ?? "image";
  const keep = keepRulesOf(words);
  if (layout !== "image" && layout !== "directory") {
    throw usage(msg`--layout ${layout} is unknown`, msg`Choose image or directory.`);
  }
  if (layout === "image") {
    if (keep !== undefined) throw usage(msg`--keep makes sense for dated sets only`, WITH_DIRECTORIES);
    return { kind: "images" };
  }
  for (const [key, option] of [
    ["size", "-s"],
    ["scratch", "-S"],
  ] as const) {
    if (words.values.has(key))
      throw usage(msg`${option} and --layout directory contradict each other`, msg`Give one of them.`);
  }
  return { kind: "directory", ...(keep === undefined ? {} : { keep }) };
}

/** `--usb-fs` */
function filesystemOf(words: ParsedWords): StickWish["filesystem"] {
  const name = words.values.get("usb-fs");
  const found = stickFilesystems.find(({ type }) => type === name);
  if (name === undefined || found) return found?.type;
  const known = stickFilesystems.map(({ type }) => type).join(", ");
  throw usage(msg`--usb-fs ${name} is unknown`, msg`Choose one of ${known}.`);
}

/** What is named as a stick, and how much of it is used: `name`, `--size`, `--usb-fs`. */
function wishOf(words: ParsedWords, name: string): StickWish {
  if (!/^(\/|serial:.)/.test(name))
    throw usage(msg`--usb ${name} is neither a path nor serial:NUMBER`, msg`Give /dev/sdX.`);
  const size = words.values.get("size");
  if (size?.includes(",")) throw usage(msg`-s ${size} are several sizes`, msg`A stick has one.`);
  return { name, sizeBytes: size === undefined ? undefined : parseSize(size), filesystem: filesystemOf(words) };
}

/** The stick of `mondo image --usb`. */
export function rescueStickOf(words: ParsedWords): StickWish | undefined {
  const name = words.values.get("usb");
  if (name !== undefined) return wishOf(words, name);
  const other = ["size", "usb-fs"].find((key) => words.values.has(key));
  if (other !== undefined) throw usage(msg`--${other} makes sense with --usb only`, msg`Add --usb DEVICE.`);
  return undefined;
}

/** A stick: `-U` with Mondo's `-d /dev/sdX`, or `--usb`. */
export function stickOf(words: ParsedWords): StickWish | undefined {
  const [usb, isClassic] = [words.values.get("usb"), words.flags.has("U")];
  if (usb === undefined && !isClassic) {
    if (!words.values.has("usb-fs")) return undefined;
    throw usage(msg`--usb-fs makes sense for sticks only`, msg`Add --usb DEVICE, or leave it out.`);
  }
  if (usb !== undefined && (isClassic || words.values.has("dir"))) {
    throw usage(msg`--usb names the stick: -U and -d do so again`, msg`Give --usb DEVICE, or -U -d DEVICE.`);
  }
  const other = ["iso", "nfs", "tape", "stream", "layout", "scratch"].find(
    (key) => words.flags.has(key) || words.values.has(key),
  );
  if (other !== undefined) throw usage(msg`--usb and --${other} contradict each other`, msg`Give one of them.`);
  const name = usb ?? words.values.get("dir");
  if (name === undefined) throw usage(msg`no stick is given`, msg`Add -d /dev/sdX, the whole stick.`);
  return wishOf(words, name);
}

/** The sets of a stick are directories. */
export function stickMedium(words: ParsedWords): Medium {
  const keep = keepRulesOf(words);
  return { kind: "directory", ...(keep === undefined ? {} : { keep }) };
}
