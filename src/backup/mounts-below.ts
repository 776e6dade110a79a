/** What is mounted below a tree that is saved, by /proc/self/mountinfo. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type MountLine, parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { classOfType } from "../probe/mounts/mount-class.ts";
import { type ChosenPaths, isAtOrBelow } from "./choose-paths.ts";

/** Whether the kernel makes up what is in it; in /dev, nodes that a person made may lie. */
const isPseudo = (type: string) => classOfType(type) === "kernel" && type !== "devtmpfs";

/** Media that come and go. */
const DISCS = new Set(["iso9660", "udf"]);

/** A mount point below a tree. */
export interface MountBelow {
  /** As seen below the root of the tree. */
  readonly path: string;
  readonly type: string;
  /** Whether its files belong to the tree: those of disks do. */
  readonly isEntered: boolean;
  /** Whether one file is mounted over another: a walk meets it like any other. */
  readonly isFile: boolean;
}

type Texts = Pick<Host, "tryReadText" | "realPath" | "lstat">;

function linesOf(host: Texts): MountLine[] {
  return parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "");
}

/** The real path of a root, to put others behind. */
function realRoot(host: Texts, root: string): string {
  const real = host.realPath(root) ?? root;
  return real === "/" ? "" : real;
}

/** The mount that holds a real path. */
function holderOf(lines: readonly MountLine[], path: string): MountLine | undefined {
  const holds = lines.filter((line) => line.path === "/" || line.path === path || path.startsWith(`${line.path}/`));
  return holds.reduce<MountLine | undefined>(
    (best, line) => (best === undefined || line.path.length >= best.path.length ? line : best),
    undefined,
  );
}

/** A part of the tree's own file system that is mounted once more would be saved twice. */
function isEntered(line: MountLine, own: MountLine | undefined): boolean {
  return line.source.startsWith("/dev/") && !DISCS.has(line.type) && line.devno !== own?.devno;
}

/** Whether a file is mounted there. Never asked of a server or of a program: it may never answer. */
function isFileMount(host: Texts, { path, type }: MountLine): boolean {
  const kind = classOfType(type);
  if (kind === "server" || kind === "view" || type === "autofs") return false;
  const stat = host.lstat(path);
  return stat !== undefined && stat.kind !== "directory";
}

/** Mount points below a tree, but for pseudo file systems; a file of those can be mounted over any other. */
export function mountsBelow(host: Texts, root: string): MountBelow[] {
  const lines = linesOf(host);
  const base = realRoot(host, root);
  const own = holderOf(lines, base || "/");
  return lines
    .filter(({ path }) => path.startsWith(`${base}/`) && path !== "/")
    .map((line) => {
      const isFile = isFileMount(host, line);
      return { ...line, path: line.path.slice(base.length), isFile, isEntered: !isFile && isEntered(line, own) };
    })
    .filter(({ type, isFile }) => isFile || classOfType(type) !== "kernel")
    .map(({ path, type, isFile, isEntered }) => ({ path, type, isFile, isEntered }));
}

/** Names the mount points within what is chosen whose files are not saved, unless they are what was asked for. */
export function foreignMountNotes(
  mounts: readonly MountBelow[],
  { include, exclude }: Pick<ChosenPaths, "include" | "exclude">,
  root: string,
): string[] {
  const isAsked = (path: string) => include.some((one) => isAtOrBelow(one, path));
  const isMeant = (path: string) =>
    include.some((one) => isAtOrBelow(path, one)) && !exclude.some((one) => isAtOrBelow(path, one));
  return mounts
    .filter(({ path, isEntered }) => !isEntered && isMeant(path) && !isAsked(path))
    .map(({ path, type, isFile }) =>
      isFile
        ? msg`${path} below ${root} is a mount point (${type}): what is mounted there is saved, not the file that it hides`
        : msg`${path} below ${root} is a mount point (${type}): its files are not saved without -I ${path}`,
    );
}

/** Why a root is no tree of files, and what to do; undefined: it is one. */
function rootFlaw(type: string | undefined): readonly [text: string, hint: string] | undefined {
  if (type === "autofs") return [msg`nothing is mounted there now (autofs)`, msg`Mount it, and try again.`];
  if (type === undefined || classOfType(type) !== "kernel") return undefined;
  return [
    msg`it is a pseudo file system (${type}): the kernel makes up its files`,
    msg`Name a directory with files on a disk.`,
  ];
}

/** Refuses to save what the kernel makes up. */
export function refusePseudo(host: Texts, root: string, include: readonly string[]): void {
  const lines = linesOf(host);
  const base = realRoot(host, root);
  const flaw = base === "" ? undefined : rootFlaw(holderOf(lines, base)?.type);
  if (flaw) throw new MondoError("usage", msg`--root ${root} can't be saved: ${flaw[0]}`, { hint: flaw[1] });
  for (const path of include) {
    const type = path === "/" ? undefined : holderOf(lines, `${base}${path}`)?.type;
    if (type === undefined || !isPseudo(type)) continue;
    throw new MondoError(
      "usage",
      msg`-I ${path} lies on a pseudo file system (${type}): the kernel makes up its files`,
      {
        hint: msg`Include only what lies on disks.`,
      },
    );
  }
}
