import { isPartitionPath } from "../layout/graph.ts";
import type { EffectOf } from "./effect.ts";
import { isBelow, plainPath } from "./plain-path.ts";

/** What stands between paths in words of commands, in filters of LVM and in scripts of sfdisk. */
const BETWEEN_PATHS = /[\s"'`|,;:=^$()[\]{}<>]+/;

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
 * declare. A disk stands for its partitions. `root` is where the restored system is mounted: a file in there may well
 * lie in a directory called `dev`.
 */
export function undeclaredDevices(effect: EffectOf<"run">, root: string): string[] {
  // The longest first: one name may be a part of another.
  const declared = [...effect.writes, ...(effect.reads ?? [])].sort((a, b) => b.length - a.length);
  const strip = (text: string) => declared.reduce(without, text);
  return [...effect.argv, effect.input ?? ""]
    .map((word) => strip(strip(word).replace(/\\(.)/g, "$1")))
    .flatMap((text) => text.split(BETWEEN_PATHS))
    .flatMap((piece) => deviceIn(piece, root) ?? [])
    .filter((device) => !declared.some((one) => one === device || isPartitionPath(one, device)));
}
