import { isPartitionPath } from "../layout/graph.ts";
import type { EffectOf } from "./effect.ts";
import { isBelow, plainPath } from "./plain-path.ts";

/** What stands between paths in words of commands, in filters of LVM and in scripts of sfdisk. */
const BETWEEN_PATHS = /[\s"'`|,;:=^$()[\]{}<>]+/;

/**
 * Words of tools behind which, or with which, a label or name stands that people chose: that is no device, whatever it
 * looks like. Source: mke2fs(8), mkfs.xfs(8), mkfs.btrfs(8), mkfs.f2fs(8), mkfs.exfat(8), mkfs.fat(8), mkswap(8),
 * cryptsetup-luksFormat(8), mdadm(8).
 */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  mke2fs: ["-L"],
  "mkfs.xfs": ["-L"],
  "mkfs.btrfs": ["-L"],
  "mkfs.f2fs": ["-l"],
  "mkfs.exfat": ["-L"],
  "mkfs.fat": ["-n"],
  mkswap: ["-L"],
  cryptsetup: ["--label=", "--subsystem="],
  mdadm: ["--homehost=", "--name="],
};

/** The words that can name a device. */
function namingWords(argv: readonly string[]): string[] {
  const chosen = CHOSEN[argv[0] ?? ""] ?? [];
  const isChosen = (word: string, before: string | undefined) =>
    chosen.some((option) => (option.endsWith("=") ? word.startsWith(option) : before === option));
  return argv.filter((word, at) => !isChosen(word, argv[at - 1]));
}

/** The text without a name, wherever that isn't the start of a longer one. */
function without(text: string, name: string): string {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`${literal}(?![\\w.+/-])`, "g"), " ");
}

/** The device that a piece of text stands for, also below `root` and /proc, where /dev is seen, too. */
function deviceIn(piece: string, root: string): string | undefined {
  const path = plainPath(piece);
  if (isBelow(path, root)) {
    const inside = path.slice(plainPath(root).length);
    return inside.startsWith("/dev/") ? inside : undefined;
  }
  const at = path.indexOf("/dev/");
  return at < 0 ? undefined : path.slice(at);
}

/**
 * Devices that a command's words or its input name in any way (`of=/dev/sdb`, `logdev=/dev/sdb1`) and that it doesn't
 * declare; labels name none. A disk stands for its partitions. `root` is where the restored system is mounted: a file
 * in there may well lie in a directory called `dev`.
 */
export function undeclaredDevices(effect: EffectOf<"run">, root: string): string[] {
  // The longest first: one name may be a part of another.
  const declared = [...effect.writes, ...(effect.reads ?? [])].sort((a, b) => b.length - a.length);
  const strip = (text: string) => declared.reduce(without, text);
  return [...namingWords(effect.argv), effect.input ?? ""]
    .map((word) => strip(strip(word).replace(/\\(.)/g, "$1")))
    .flatMap((text) => text.split(BETWEEN_PATHS))
    .flatMap((piece) => deviceIn(piece, root) ?? [])
    .filter((device) => !declared.some((one) => one === device || isPartitionPath(one, device)));
}
