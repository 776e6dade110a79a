import list from "../../initrd/tools.list" with { type: "text" };
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { isElf } from "../formats/boot/elf.ts";
import type { Host } from "../host/host.ts";
import { copyPath, findWithin } from "./copy.ts";
import type { LibraryCloser } from "./libraries.ts";
import type { Tree } from "./tree.ts";

const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Debian's package for a tool, where it has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  blkid: "util-linux",
  efibootmgr: "efibootmgr",
  "mkfs.vfat": "dosfstools",
  "fsck.vfat": "dosfstools",
  "mkfs.fat": "dosfstools",
  "mkfs.xfs": "xfsprogs",
  xfs_repair: "xfsprogs",
  mke2fs: "e2fsprogs",
  e2fsck: "e2fsprogs",
  tune2fs: "e2fsprogs",
  sfdisk: "fdisk",
  lvm: "lvm2",
  cryptsetup: "cryptsetup-bin",
  mkswap: "util-linux",
  modprobe: "kmod",
  kmod: "kmod",
  findmnt: "util-linux",
  mount: "mount",
  umount: "mount",
  swapon: "mount",
  swapoff: "mount",
  ...Object.fromEntries(["lsblk", "wipefs", "blockdev", "dmesg"].map((tool) => [tool, "util-linux"])),
  ...Object.fromEntries(["insmod", "rmmod", "lsmod", "modinfo"].map((tool) => [tool, "kmod"])),
};

/** A tool wanted on an image: the first of the names that is there. */
export interface ToolWish {
  readonly names: readonly string[];
  readonly optional: boolean;
}

/** The base list (`initrd/tools.list`): a name or `a|b` on each line; `?` marks optional ones. */
export function baseTools(text: string = list): ToolWish[] {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => ({ names: line.replace(/\?$/, "").split("|"), optional: line.endsWith("?") }));
}

/** Where a tool is inside `root`; the same order as PATH has in the rescue. */
export function findTool(host: Host, root: string, name: string): string | undefined {
  const candidates = name.startsWith("/") ? [name] : PATH.map((directory) => `${directory}/${name}`);
  return candidates.find((path) => {
    const file = findWithin(host, root, path);
    const stat = file === undefined ? undefined : host.lstat(`${root}${file}`);
    return stat?.kind === "file" && (stat.mode & 0o111) !== 0;
  });
}

const findWish = (host: Host, root: string, wish: ToolWish): string | undefined =>
  wish.names.map((name) => findTool(host, root, name)).find((path) => path !== undefined);

/** One error for all required tools that are missing, with their packages. */
function requireTools(host: Host, root: string, wishes: readonly ToolWish[]): void {
  const absent = wishes.filter((wish) => !wish.optional && findWish(host, root, wish) === undefined);
  const missing = [...new Set(absent.map((wish) => wish.names[0] ?? ""))];
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PACKAGES[name] ?? name))];
  const where = root === "" ? msg`this system` : root;
  throw new MondoError(
    "tool-missing",
    msg`the rescue image needs ${missing.join(", ")}, which ${missing.length === 1 ? msg`is` : msg`are`} not on ${where}`,
    {
      hint: msg`Install ${missing.length === 1 ? msg`it` : msg`them`} (Debian: apt-get install ${packages.join(" ")}).`,
      data: { missing },
    },
  );
}

/** `#!/usr/bin/env bash` → [`/usr/bin/env`, `bash`]. */
function interpretersOf(bytes: Uint8Array): string[] {
  const line = decodeText(bytes.subarray(0, 256)).split("\n")[0] ?? "";
  const words = line.slice(2).trim().split(/\s+/);
  const [program = "", argument] = words;
  return program.endsWith("/env") && argument !== undefined && !argument.startsWith("-")
    ? [program, argument]
    : [program];
}

/** Adds what the program `file` of the source system, added as `path`, needs: libraries, or a script's interpreter. */
export function addNeedsOf(
  host: Host,
  root: string,
  tree: Tree,
  libraries: LibraryCloser,
  path: string,
  file: string,
): void {
  const bytes = host.read(`${root}${file}`);
  if (isElf(bytes)) {
    libraries.addFor(file, bytes);
    return;
  }
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return;
  for (const name of interpretersOf(bytes)) {
    const found = findTool(host, root, name);
    if (found === undefined) {
      throw new MondoError("tool-missing", msg`${path} is a script for ${name}, which is not on this system`);
    }
    addTool(host, root, tree, libraries, found);
  }
}

/** Adds a tool, what it is linked against, and the interpreter when it is a script. */
export function addTool(host: Host, root: string, tree: Tree, libraries: LibraryCloser, path: string): void {
  if (!tree.has(path)) addNeedsOf(host, root, tree, libraries, path, copyPath(host, root, tree, path));
}

/** Adds each wanted tool that is there; returns the paths to start them by. */
export function addTools(
  host: Host,
  root: string,
  tree: Tree,
  libraries: LibraryCloser,
  wishes: readonly ToolWish[],
): string[] {
  requireTools(host, root, wishes);
  const paths = wishes.map((wish) => findWish(host, root, wish)).filter((path) => path !== undefined);
  for (const path of paths) addTool(host, root, tree, libraries, path);
  return [...new Set(paths)];
}
