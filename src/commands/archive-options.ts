import { TAPE_BLOCK_BYTES } from "../archive/tape/tape-drive.ts";
import { CACHE } from "../backup/leftovers.ts";
import { type BackupRequest, HOOKS } from "../backup/request.ts";
import type { KeepRules } from "../backup/retention/decide-retention.ts";
import type { SnapshotSize, SnapshotWish } from "../backup/snapshot/snapshot-wish.ts";
import { STICK_PLACE, type StickWish } from "../backup/stick/with-stick.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { bootWordsOf } from "../base/plain-boot-words.ts";
import { MIB, parseSize } from "../base/units.ts";
import type { CodecName } from "../drivers/codec/codec.ts";
import { codecs } from "../drivers/codec/codecs.ts";
import type { Share } from "../shares/share-driver.ts";
import type { SharedPlace } from "../shares/share-words.ts";
import { absolutePath } from "./absolute-path.ts";
import { decodeCopies } from "./copies-option.ts";
import { discsOf } from "./disc-options.ts";
import { keepKeys, keepRulesOf } from "./keep-options.ts";
import { layoutOf, stickMedium, stickOf } from "./medium-options.ts";
import type { ParsedWords } from "./parse.ts";
import { additionsOf } from "./rescue-options.ts";
import { decodeShare, decodeStore } from "./share-option.ts";

/** What `mondo archive` was asked for, checked as far as words alone allow. */
export interface ArchiveOptions extends BackupRequest {
  /** `-O` */
  readonly backup: boolean;
  /** `-V` */
  readonly verify: boolean;
  /** `--note`: a note is left that it was read back, and is whole. */
  readonly note: boolean;
  /** `--hooks`: where programs lie that are called; undefined: none are. */
  readonly hooksIn: string | undefined;
  /** A full backup instead, after so many days. */
  readonly fullEvery: number | undefined;
  /** A file with numbers for those who watch over it. */
  readonly metrics: string | undefined;
  /** The name under which the configuration has it. */
  readonly job: string | undefined;
  /** `-J`: a file that lists what is saved, in place of `include`. */
  readonly list: string | undefined;
  /** `-n`: the directory lies below this share. */
  readonly share: Share | undefined;
  /** `--usb`: the directory is that of this stick. */
  readonly stick?: StickWish;
  /** `--to`: where it goes as whole objects; the directory is for what is put together. */
  readonly store?: Share;
  /** `--copies`: where copies of it will lie. */
  readonly copyPlaces: readonly SharedPlace[];
  /** What stays there, with what is new; default: all. */
  readonly storeKeep?: KeepRules | undefined;
}

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

/** `/a /b\ c` → `["/a", "/b c"]`. */
export function splitPaths(text: string): string[] {
  const words: string[] = [];
  let word = "";
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? "";
    if (char === "\\" && i + 1 < text.length) {
      i += 1;
      word += text[i] ?? "";
    } else if (/\s/.test(char)) {
      if (word !== "") words.push(word);
      word = "";
    } else word += char;
  }
  return word === "" ? words : [...words, word];
}

function oneLevel(words: ParsedWords): number {
  const given = Array.from({ length: 10 }, (_, level) => level).filter((level) => words.flags.has(String(level)));
  const named = words.values.get("level");
  if (named !== undefined) {
    if (!/^\d$/.test(named)) throw usage(msg`--level ${named} is not a number from 0 to 9`, msg`3 is the default.`);
    if (given.length > 0) throw usage(msg`-${given[0]} and --level contradict each other`, msg`Give one of them.`);
    given.push(Number(named));
  }
  if (given.length > 1)
    throw usage(msg`-${given[0]} and -${given[1]} contradict each other`, msg`Give one compression level.`);
  if (given[0] === 0 && words.flags.has("lzo"))
    throw usage(msg`-0 and -L contradict each other`, msg`Give one of them.`);
  return given[0] ?? (words.flags.has("lzo") ? LZO_LEVEL : 3);
}

/** Of zstd, for those who wanted lzo: as fast, and smaller. */
const LZO_LEVEL = 1;

/** `-G` is Mondo's word for gzip, `-L` was that for lzo. */
function codecOf(words: ParsedWords): CodecName {
  const name = words.values.get("codec");
  const gzip = words.flags.has("gzip");
  if (gzip && name !== undefined && name !== "gzip") {
    throw usage(msg`-G and --codec ${name} contradict each other`, msg`Give one of them.`);
  }
  if (words.flags.has("lzo") && (gzip || (name !== undefined && name !== "zstd"))) {
    throw usage(msg`-L and ${gzip ? "-G" : `--codec ${name}`} contradict each other`, msg`Give one of them.`);
  }
  const codec = codecs.find(({ type }) => type === (name ?? (gzip ? "gzip" : "zstd")));
  if (codec) return codec.type;
  throw usage(msg`--codec ${name} is unknown`, msg`Choose one of ${codecs.map(({ type }) => type).join(", ")}.`);
}

function threadsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw usage(msg`--threads ${text} is not a number from 1 to 64`, msg`Leave it out to use every processor.`);
  }
  return count;
}

/** `700m,4480m`: what is larger than a disc's descriptors and what numbers of bytes can be. */
function mediaOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const sizes = text.split(",").map(parseSize);
  const wrong = sizes.findIndex((size) => size < MIB || !Number.isSafeInteger(size));
  if (wrong < 0) return sizes;
  throw usage(msg`-s ${text.split(",")[wrong]} is not the size of a medium`, msg`Give sizes such as 700m or 4480m.`);
}

/** `-D` is level 1, as Mondo had it. */
function diffLevelOf(words: ParsedWords): number {
  const text = words.values.get("diff-level");
  const differential = words.flags.has("differential");
  const level = text === undefined ? Number(differential) : Number(text);
  if (!Number.isInteger(level) || level < 0 || level > 9) {
    throw usage(
      msg`--diff-level ${text} is not a number from 0 to 9`,
      msg`0 saves everything, 1 what differs from that.`,
    );
  }
  if (differential && level !== 1)
    throw usage(msg`-D and --diff-level ${level} contradict each other`, msg`Give one of them.`);
  for (const option of ["parent", "content", "full-every"]) {
    if (level > 0 || !(words.values.has(option) || words.flags.has(option))) continue;
    throw usage(msg`--${option} makes sense for a differential backup only`, msg`Add -D or --diff-level.`);
  }
  return level;
}

function fullEveryOf(words: ParsedWords): number | undefined {
  const text = words.values.get("full-every");
  if (text === undefined || /^[1-9]\d{0,3}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usage(
    msg`--full-every ${text} is not a number of days from 1 to 9999`,
    msg`Write 7 for a full backup each week.`,
  );
}

/** What is to be an image must be a device, and one that is not left out. */
function checkImages(images: readonly string[], excluded: readonly string[], root: string | undefined): void {
  const [first] = images;
  const odd = images.find((path) => !path.startsWith("/dev/"));
  if (odd !== undefined)
    throw usage(msg`-x ${odd} is not a device`, msg`Give a partition or a volume, such as /dev/sda3.`);
  const both = images.find((path) => excluded.includes(path));
  if (both !== undefined) throw usage(msg`-x ${both} and -E ${both} contradict each other`, msg`Give one of them.`);
  if (first === undefined || root === undefined || root === "/") return;
  throw usage(msg`-x ${first} makes no sense with --root`, msg`A tree of files has no devices.`);
}

/** What is to be done: `classic` insists on -O or -V, mondo archive backs up unless it only verifies. */
function tasksOf(words: ParsedWords, classic: boolean): Pick<ArchiveOptions, "backup" | "verify"> {
  const verify = words.flags.has("verify");
  const backup = words.flags.has("backup") || (!classic && !verify);
  if (!backup && !verify) throw usage(msg`neither -O nor -V is given`, msg`Add -O to back up, -V to verify, or both.`);
  const removing = backup ? undefined : keepKeys.find((key) => words.values.has(key));
  if (removing !== undefined) {
    throw usage(msg`--${removing} needs a backup, and -V alone makes none`, msg`Add -O to back up first.`);
  }
  return { backup, verify };
}

/** A stream; the run needs a place for the rescue system meanwhile. */
function streamOf(words: ParsedWords, target: string): Pick<ArchiveOptions, "share" | "directory" | "medium"> {
  const other = ["iso", "nfs", "dir", "size", "layout", ...keepKeys].find(
    (key) => words.flags.has(key) || words.values.has(key),
  );
  if (other !== undefined) throw usage(msg`--stream and --${other} contradict each other`, msg`Give one of them.`);
  if (target === "-" && words.flags.has("verify"))
    throw usage(msg`-V can't read back what went into a pipe`, msg`Check it where it arrives, with mondo verify.`);
  const medium = {
    kind: "stream",
    target: target === "-" ? target : absolutePath(target, "-u"),
    overwrite: words.flags.has("overwrite"),
  } as const;
  return { share: undefined, directory: absolutePath(words.values.get("scratch") ?? CACHE, "-S"), medium };
}

/** Bytes of `32k` or `65536`: 64 KiB when nothing is said. */
function blockBytesOf(text: string | undefined): number {
  const bytes = text === undefined ? TAPE_BLOCK_BYTES : /^\d+$/.test(text) ? Number(text) : parseSize(text);
  if (bytes >= 512 && bytes <= MIB && bytes % 512 === 0) return bytes;
  throw usage(
    msg`-b ${text} is not the length of a block`,
    msg`Give a multiple of 512 up to 1 MiB, such as 32k or 65536.`,
  );
}

/** Tapes in a drive. */
function tapeOf(words: ParsedWords): Pick<ArchiveOptions, "share" | "directory" | "medium"> {
  const other = ["iso", "nfs", "stream", "size", ...keepKeys].find(
    (key) => words.flags.has(key) || words.values.has(key),
  );
  if (other !== undefined) throw usage(msg`--tape and --${other} contradict each other`, msg`Give one of them.`);
  const [append, isObdr, overwrite] = [
    words.flags.has("append"),
    words.flags.has("obdr"),
    words.flags.has("overwrite"),
  ];
  if (append && (isObdr || overwrite)) {
    throw usage(msg`--append and --${isObdr ? "obdr" : "overwrite"} contradict each other`, msg`Give one of them.`);
  }
  const device = absolutePath(words.values.get("dir") ?? "/dev/nst0", "-d");
  const medium = { device, blockBytes: blockBytesOf(words.values.get("block")), overwrite, append, isObdr };
  const directory = absolutePath(words.values.get("scratch") ?? CACHE, "-S");
  return { share: undefined, directory, medium: { ...medium, kind: "tape" } };
}

/** A place that takes whole objects, as `option` names it; the run needs a place for the rescue system meanwhile. */
function storeTarget(words: ParsedWords, store: Share, option: "to" | "nfs"): Target {
  const same = option === "to" ? ["nfs", "dir", "layout"] : [];
  const others = ["iso", "size", ...same, "stream", "tape", "usb", "U", "overwrite"];
  const other = others.find((key) => words.flags.has(key) || words.values.has(key));
  if (other !== undefined) throw usage(msg`--${option} and --${other} contradict each other`, msg`Give one of them.`);
  if (words.values.get("layout") === "image") {
    throw usage(msg`${store.name} takes no image: places like this can't cut files`, msg`Leave --layout out.`);
  }
  const directory = absolutePath(words.values.get("scratch") ?? CACHE, "-S");
  return { share: undefined, store, storeKeep: keepRulesOf(words), directory };
}

/** `-n`, with `-d` the directory on the share. */
function shareTarget(words: ParsedWords, share: Share): Target {
  const directory = absolutePath(words.values.get("dir") ?? "/", "-d");
  if (share.driver.takes !== "objects") return { share, directory, medium: layoutOf(words) };
  return storeTarget(words, share.below(directory === "/" ? "" : directory), "nfs");
}

/** What the options say of the place of a backup. */
type Target = Pick<ArchiveOptions, "share" | "store" | "storeKeep" | "directory" | "medium" | "stick">;

/** Where the backup goes: `directory` lies below the share, if there is one. */
function targetOf(words: ParsedWords, classic: boolean): Target {
  const to = words.values.get("to");
  if (to !== undefined) return storeTarget(words, decodeStore(to), "to");
  const discs = discsOf(words);
  if (discs) {
    const device = discs.device === undefined ? undefined : absolutePath(discs.device, "-d");
    const directory = absolutePath(words.values.get("scratch") ?? CACHE, "-S");
    return { share: undefined, directory, medium: { ...discs, device } };
  }
  const stick = stickOf(words);
  if (stick) return { share: undefined, directory: STICK_PLACE, medium: stickMedium(words), stick };
  const stream = words.values.get("stream");
  if (words.flags.has("tape")) return tapeOf(words);
  for (const option of ["block", "append", "obdr"]) {
    if (!words.flags.has(option) && !words.values.has(option)) continue;
    throw usage(msg`--${option} makes sense for tapes only`, msg`Add -t, or leave it out.`);
  }
  if (stream !== undefined) return streamOf(words, stream);
  if (words.flags.has("overwrite"))
    throw usage(msg`--overwrite makes sense for streams and tapes only`, msg`Leave it out.`);
  const nfs = words.values.get("nfs");
  if (classic && !words.flags.has("iso") && nfs === undefined)
    throw usage(
      msg`no medium is given`,
      msg`Add -i for ISO files in a directory (-d DIR), -n for a share, --to for an object store, FTP or WebDAV, -U for a USB stick, -r for DVDs, -t for tape, or -u for a stream.`,
    );
  if (nfs !== undefined) return shareTarget(words, decodeShare(nfs));
  const directory = words.values.get("dir");
  if (directory === undefined) throw usage(msg`no target is given`, msg`Add -d DIR, the directory for the ISO.`);
  return { share: undefined, directory: absolutePath(directory, "-d"), medium: layoutOf(words) };
}

/** `--note`: of what is read back, and has files beside which something can be written. */
function noteOf(words: ParsedWords, { store, medium }: Target): Pick<ArchiveOptions, "note"> {
  const note = words.flags.has("note");
  if (!note) return { note };
  if (!words.flags.has("verify")) throw usage(msg`--note makes sense with -V only`, msg`Add -V, or leave it out.`);
  const hasFiles = !store && (medium === undefined || medium.kind === "images" || medium.kind === "directory");
  if (hasFiles) return { note };
  throw usage(msg`--note makes sense for ISO files and directories only`, msg`Leave it out.`);
}

/** Files of a run have longer names that contain it, and 255 bytes are the most on Linux. */
const LONGEST_PREFIX = 200;
const PREFIX_HINT = msg`Use ${LONGEST_PREFIX} at most.`;

function namesOf(words: ParsedWords): Pick<ArchiveOptions, "prefix" | "setName" | "diffLevel"> {
  const setName = words.values.get("prefix") ?? "mondorescue";
  if (/[/\p{Cc}]/u.test(setName) || setName.startsWith(".")) {
    throw usage(msg`the prefix "${setName}" can't be part of a file name`, msg`Use letters, digits, - and _.`);
  }
  if (Buffer.byteLength(setName) > LONGEST_PREFIX)
    throw usage(msg`the prefix is too long for a file name: ${Buffer.byteLength(setName)} bytes`, PREFIX_HINT);
  const diffLevel = diffLevelOf(words);
  return { prefix: diffLevel === 0 ? setName : `${setName}-d${diffLevel}`, setName, diffLevel };
}

/** What is saved: `-I`, or what a list will say. */
function chosenOf(words: ParsedWords): Pick<ArchiveOptions, "include" | "list"> {
  const list = words.values.get("list");
  const given = words.lists.get("include");
  if (list !== undefined && given !== undefined)
    throw usage(msg`-J and -I contradict each other`, msg`Give one of them.`);
  const include = (given?.flatMap(splitPaths) ?? ["/"]).map((path) => absolutePath(path, "-I"));
  return { include, list: list === undefined ? undefined : absolutePath(list, "-J") };
}

/** What is run around images, which only these have. */
function commandsOf(words: ParsedWords): Pick<ArchiveOptions, "beforeImage" | "afterImage"> {
  const [beforeImage, afterImage] = [words.values.get("before-image"), words.values.get("after-image")];
  const option = beforeImage === undefined ? "-A" : "-B";
  const isImages = !words.values.has("stream") && (words.values.get("layout") ?? "image") === "image";
  if ((beforeImage ?? afterImage) !== undefined && !isImages)
    throw usage(msg`${option} makes sense for ISO files only`, msg`Leave it out, or run the command after mondo.`);
  return { beforeImage, afterImage };
}

/** `--hooks` */
function hooksOf(words: ParsedWords): string | undefined {
  const text = words.values.get("hooks");
  if (text === "none") return undefined;
  return text === undefined ? HOOKS : absolutePath(text, "--hooks");
}

/** `15%` or `2g`: room for what is written while a snapshot exists. */
function snapshotSizeOf(text: string): SnapshotSize {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1];
  const share = percent === undefined ? undefined : Number(percent) / 100;
  if (share !== undefined && share > 0 && share <= 1) return { share };
  const bytes = share === undefined ? parseSize(text) : Number.NaN;
  if (bytes >= MIB && Number.isSafeInteger(bytes)) return { bytes };
  throw usage(
    msg`--snapshot-size ${text} is not a size`,
    msg`Give a share of each volume, such as 20%, or a size, such as 4g.`,
  );
}

/** `--snapshot` */
function snapshotOf(words: ParsedWords): SnapshotWish {
  const text = words.values.get("snapshot") ?? "auto";
  const size = words.values.get("snapshot-size");
  const mode = (["auto", "no", "require"] as const).find((one) => one === text);
  if (mode === undefined) throw usage(msg`--snapshot ${text} is unknown`, msg`Write auto, no or require.`);
  if (mode === "no" && size !== undefined)
    throw usage(msg`--snapshot no and --snapshot-size contradict each other`, msg`Give one of them.`);
  if (mode === "require" && (words.values.get("root") ?? "/") !== "/")
    throw usage(
      msg`--snapshot require and --root contradict each other`,
      msg`A tree of files is read live: leave one out.`,
    );
  return { mode, ...(size === undefined ? {} : { size: snapshotSizeOf(size) }) };
}

const LOADERS = /^[GLER]/i;

/** What boots the machine, as `-l` and `-f` say. */
function loaderOf(words: ParsedWords): Pick<ArchiveOptions, "loader"> {
  const [name, device] = [words.values.get("loader"), words.values.get("boot-device")];
  if (name !== undefined && !LOADERS.test(name))
    throw usage(msg`-l ${name} is no boot loader`, msg`Write GRUB, LILO, ELILO or RAW, or leave it out: it is found.`);
  return { loader: { name, device: device === undefined ? undefined : absolutePath(device, "-f") } };
}

function requireLevelOfLog(text: string | undefined): void {
  if (text === undefined || /^\d{1,2}$/.test(text)) return;
  throw usage(msg`-K ${text} is not a number from 0 to 99`, msg`Leave it out.`);
}

/** `--words` */
function bootWords(words: ParsedWords): Pick<ArchiveOptions, "bootWords"> {
  const text = words.values.get("words");
  return text === undefined ? {} : { bootWords: bootWordsOf(text) };
}

/** Turns parsed words into options; `classic` is mondoarchive, which insists on -O or -V and a medium. */
export function decodeArchiveOptions(words: ParsedWords, classic: boolean): ArchiveOptions {
  const value = (key: string) => words.values.get(key);
  const paths = (key: string) => (words.lists.get(key) ?? []).flatMap(splitPaths);
  const excluded = paths("exclude").map((path) => absolutePath(path, "-E"));
  const isDevice = (path: string) => path.startsWith("/dev/");
  const optionalPath = (key: string, option: string) => {
    const path = value(key);
    return path === undefined ? undefined : absolutePath(path, option);
  };
  const images = paths("image").map((path) => absolutePath(path, "-x"));
  checkImages(images, excluded, optionalPath("root", "--root"));
  const kernel = value("kernel");
  // What is to be done at all is said before what for.
  const tasks = tasksOf(words, classic);
  const target = targetOf(words, classic);
  requireLevelOfLog(value("K"));
  return {
    ...tasks,
    ...target,
    ...noteOf(words, target),
    ...namesOf(words),
    copyPlaces: decodeCopies(paths("copies")),
    parent: optionalPath("parent", "--parent"),
    content: words.flags.has("content"),
    ...chosenOf(words),
    ...commandsOf(words),
    ...loaderOf(words),
    hooksIn: hooksOf(words),
    fullEvery: fullEveryOf(words),
    metrics: optionalPath("metrics", "--metrics"),
    job: value("job"),
    exclude: excluded.filter((path) => !isDevice(path)),
    excludeDevices: excluded.filter(isDevice),
    imageDevices: images,
    kernel: kernel === undefined || kernel === "FAILSAFE" ? kernel : absolutePath(kernel, "-k"),
    additions: additionsOf(words),
    ...bootWords(words),
    scratch: optionalPath("scratch", "-S"),
    temp: optionalPath("temp", "-T"),
    level: oneLevel(words),
    codec: codecOf(words),
    restoreByDefault: words.flags.has("restore-by-default"),
    snapshots: words.flags.has("snapshots"),
    snapshot: snapshotOf(words),
    eject: !words.flags.has("no-eject"),
    root: optionalPath("root", "--root") ?? "/",
    threads: threadsOf(value("threads")),
    mediaBytes: stickOf(words) ? undefined : mediaOf(value("size")),
    luksHeaders: /^(ask$|systemd:)/.test(value("luks-headers") ?? "")
      ? value("luks-headers")
      : optionalPath("luks-headers", "--luks-headers"),
    signKey: optionalPath("sign", "--sign"),
  };
}
