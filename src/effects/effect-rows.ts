import { msg } from "../base/message.ts";
import type { EffectKind, EffectOf, FstabLine, FstabLineChange } from "./effect.ts";

/** What is known of one kind of effect without carrying it out. */
interface EffectRow<E> {
  /** As a person would write it, in one line. */
  readonly show: (effect: E) => string;
  /** Block devices that it writes to, reads or waits for. */
  readonly devices: (effect: E) => readonly string[];
  /** Files and directories that it makes, changes or reads. */
  readonly paths: (effect: E) => readonly string[];
}

const none = (): readonly string[] => [];
const ownPath = ({ path }: { readonly path: string }): readonly string[] => [path];

/** Rows of what is done to the device at `path` alone, and to the file or directory at `path` alone. */
const onDevice = { devices: ownPath, paths: none };
const onFile = { devices: none, paths: ownPath };

const bytesIn = (base64: string) => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);
const isDevice = (path: string) => path.startsWith("/dev/");
const touched = ({ writes, reads = [], keeps = [] }: EffectOf<"run">) => [...writes, ...reads, ...keeps];
const replacements = (words: Readonly<Record<string, string>>) =>
  Object.entries(words)
    .map(([from, to]) => `${from} → ${to}`)
    .join(", ");

function showRun({ argv, chroot, secret, optional }: EffectOf<"run">): string {
  const notes = [...(secret === undefined ? [] : [msg`reads the pass phrase`]), ...(optional ? [msg`may fail`] : [])];
  return `${chroot ? "chroot: " : ""}${argv.join(" ")}${notes.map((note) => `  (${note})`).join("")}`;
}

function showMount({ source, path, type, options }: EffectOf<"mount">): string {
  return `mount -t ${type}${options === "" ? "" : ` -o ${options}`} ${source} ${path}`;
}

function showLine({ was, now }: FstabLineChange): string {
  const words = (line: FstabLine) => [line.spec, line.path, line.type, line.options].join(" ");
  if (!now) return msg`none for ${was ? `${was.spec} ${was.path}` : msg`nothing`}`;
  return was ? `${was.spec} ${was.path} → ${words(now)}` : words(now);
}

function showEfiEntry({ label, file, disk, partition, data = "", attributes }: EffectOf<"efiEntry">): string {
  const handed = data === "" ? "" : msg`, with ${bytesIn(data)} bytes for it`;
  const inactive = (attributes & 1) === 0 ? ", inactive" : "";
  return msg`boot entry "${label}": ${file ?? msg`whatever is there`} on ${disk} partition ${partition}${handed}${inactive}`;
}

/**
 * Further devices of a file system: `device=` of one on several, `logdev=`, `journal_path=` and the like. A subvolume
 * of btrfs may well be called /dev/x.
 */
function devicesInOptions(options: string): string[] {
  const device = /^(?:device=|(?!subvol=)[^=]+=(?=\/dev\/))(.*)$/;
  return options.split(",").flatMap((word) => device.exec(word)?.[1] ?? []);
}

/** One row for each kind; one that has none doesn't compile. */
const effectRows: { readonly [K in EffectKind]: EffectRow<EffectOf<K>> } = {
  run: {
    show: showRun,
    devices: (effect) => touched(effect).filter(isDevice),
    paths: (effect) => touched(effect).filter((path) => !isDevice(path)),
  },
  wipe: { show: ({ ranges, path }) => msg`zero ${ranges.length} ranges of ${path}`, ...onDevice },
  writeAt: {
    show: ({ base64, offset, path }) => msg`write ${bytesIn(base64)} bytes at ${offset} of ${path}`,
    devices: ({ path }) => [path].filter(isDevice),
    paths: ({ path }) => [path].filter((one) => !isDevice(one)),
  },
  label: { show: ({ path, label }) => msg`write the label ${JSON.stringify(label)} into ${path}`, ...onDevice },
  gptNames: {
    show: ({ names, path }) =>
      msg`name partitions of ${path}: ${names.map(({ number, name }) => `${number} ${JSON.stringify(name)}`).join(", ")}`,
    ...onDevice,
  },
  release: { show: ({ path }) => msg`stop the volumes on ${path}`, ...onDevice },
  raidHabits: {
    show: ({ member, habits, path }) => msg`make ${member} ${habits.join(msg` and `)} in ${path}`,
    devices: ({ path, member }) => [path, member],
    paths: none,
  },
  fill: {
    show: ({ path, sizeBytes, inPlace }) =>
      msg`fill ${path} with ${sizeBytes} zeros${inPlace ? msg`, without copy-on-write` : ""}`,
    ...onFile,
  },
  // Of what it names nothing is written: it must not be among the devices that may be.
  keep: { show: ({ path }) => msg`close ${path} to writes`, devices: none, paths: none },
  mkdir: { show: ({ path }) => `mkdir ${path}`, ...onFile },
  write: { show: ({ path }) => msg`write ${path}`, ...onFile },
  mount: {
    show: showMount,
    devices: ({ source, options }) => [source, ...devicesInOptions(options)],
    paths: ownPath,
  },
  unmount: { show: ({ path }) => msg`unmount ${path}`, ...onFile },
  await: { show: ({ path }) => msg`wait for ${path}`, ...onDevice },
  rereadTable: { show: ({ path }) => msg`make the kernel read the table of ${path}`, ...onDevice },
  setAside: {
    show: ({ path, to }) => msg`rename ${path} to ${to}`,
    devices: none,
    paths: ({ path, to }) => [path, to],
  },
  renameDevices: { show: ({ path, names }) => msg`rename in ${path}: ${replacements(names)}`, ...onFile },
  replaceWords: { show: ({ path, words }) => msg`replace in ${path}: ${replacements(words)}`, ...onFile },
  fstabOptions: {
    show: ({ path, changes }) =>
      msg`options in ${path}: ${changes.map(({ path, from, to }) => `${path}: ${from} → ${to}`).join("; ")}`,
    ...onFile,
  },
  fstabLines: {
    show: ({ path, changes }) => msg`lines in ${path}: ${changes.map(showLine).join("; ")}`,
    ...onFile,
  },
  configLines: {
    show: ({ path, without, add }) =>
      msg`lines in ${path}: ${[...without.map((word) => msg`none with ${word}`), ...add].join("; ")}`,
    ...onFile,
  },
  efiEntry: {
    show: showEfiEntry,
    devices: ({ disk }) => [disk],
    paths: none,
  },
  efiOrder: {
    show: ({ order }) => msg`boot order: ${order.map(({ label }) => label).join(", ")}`,
    devices: none,
    paths: none,
  },
  zero: { show: ({ path, sizeBytes }) => msg`zero the first ${sizeBytes} bytes of ${path}`, ...onDevice },
  unpack: {
    show: ({ root, images = [] }) =>
      [msg`unpack the set below ${root}`, ...images.map(({ entry, device }) => msg`${entry} onto ${device}`)].join(
        ", ",
      ),
    devices: ({ images = [] }) => images.map(({ device }) => device),
    paths: ({ root }) => [root],
  },
};

function rowOf<K extends EffectKind>(effect: EffectOf<K>): EffectRow<EffectOf<K>> {
  return effectRows[effect.do];
}

/** One effect as a person would write it. */
export const showEffect = <K extends EffectKind>(effect: EffectOf<K>): string => rowOf(effect).show(effect);

/** Every device that an effect declares, as it names them. */
export const devicesIn = <K extends EffectKind>(effect: EffectOf<K>): readonly string[] =>
  rowOf(effect).devices(effect);

/** Every file and directory that an effect declares, as it names them. */
export const pathsIn = <K extends EffectKind>(effect: EffectOf<K>): readonly string[] => rowOf(effect).paths(effect);
