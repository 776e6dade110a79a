/** Entries as members of a tar archive, and back. */
import type { TarHeader, TarType } from "../../formats/archive/pax.ts";
import type { TarMember } from "../../formats/archive/tar-member.ts";
import type { Entry, EntryKind } from "../entry.ts";
import { storedSize } from "../entry.ts";
import { flagNames, flagsNamed } from "../tree/inode-attributes.ts";

const TYPES: Readonly<Record<Exclude<EntryKind, "socket">, TarType>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

/** The tar header of an entry; `mapBytes` is the length of the sparse map, when it has holes. */
export function headerOf(entry: Entry, mapBytes = 0): TarHeader {
  const { path, mode, uid, gid, mtimeSec, mtimeNsec, project } = entry;
  return {
    ...{ path, mode, uid, gid, mtimeSec, mtimeNsec },
    type: TYPES[entry.kind === "socket" ? "fifo" : entry.kind],
    size: entry.kind === "file" ? storedSize(entry) + mapBytes : 0,
    ...(entry.target === undefined ? {} : { link: entry.target }),
    ...(entry.rdev ? { rdev: entry.rdev } : {}),
    ...(entry.xattrs ? { xattrs: entry.xattrs } : {}),
    ...(entry.flags ? { fflags: flagNames(entry.flags) } : {}),
    ...(project ? { project } : {}),
    ...(entry.extents ? { realSize: entry.size } : {}),
  };
}

const KINDS = Object.fromEntries(Object.entries(TYPES).map(([kind, type]) => [type, kind])) as Readonly<
  Record<TarType, EntryKind>
>;

/** The entry of a member, but for where its content lies. */
export function entryOf(member: TarMember): Entry {
  const { path, mode, uid, gid, mtimeSec, mtimeNsec, link, rdev, xattrs, fflags, project, extents } = member;
  const flags = fflags === undefined ? 0 : flagsNamed(fflags);
  return {
    ...{ path, mode, uid, gid, mtimeSec, mtimeNsec },
    kind: KINDS[member.type],
    size: member.realSize ?? member.contentBytes,
    ...(link === undefined ? {} : { target: link }),
    ...(rdev ? { rdev } : {}),
    ...(xattrs ? { xattrs } : {}),
    ...(flags ? { flags } : {}),
    ...(project ? { project } : {}),
    ...(extents ? { extents } : {}),
  };
}
