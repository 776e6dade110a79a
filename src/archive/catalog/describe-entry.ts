/** An entry as a line of a listing, for people and for programs. */

import { type ByteString, byteStringToBytes, displayBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Entry, EntryKind } from "../entry.ts";
import { shown } from "../tree/paths.ts";

const TYPE_LETTERS: Readonly<Record<EntryKind, string>> = {
  file: "-",
  directory: "d",
  symlink: "l",
  hardlink: "h",
  char: "c",
  block: "b",
  fifo: "p",
  socket: "s",
};

/** `rwxr-sr-t` of 12 permission bits, as ls(1) writes them. */
export function permissionText(mode: number): string {
  const special = [
    [0o4000, 0o100, "s"],
    [0o2000, 0o010, "s"],
    [0o1000, 0o001, "t"],
  ] as const;
  return special
    .map(([bit, execute, letter], i) => {
      const three = (mode >> (6 - i * 3)) & 7;
      const runs = (mode & execute) !== 0;
      const last = (mode & bit) === 0 ? (runs ? "x" : "-") : runs ? letter : letter.toUpperCase();
      return `${three & 4 ? "r" : "-"}${three & 2 ? "w" : "-"}${last}`;
    })
    .join("");
}

/** `2026-01-31 23:59:59`, UTC; seconds since 1970 where no calendar reaches. */
function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `@${seconds}` : date.toISOString().slice(0, -5).replace("T", " ");
}

/** One line, `ls -l` fashion: times are UTC, owners are numbers, `+` says that there are extended attributes. */
export function entryLine(entry: Entry): string {
  const { kind, mode, uid, gid, size, rdev, target } = entry;
  const type = `${TYPE_LETTERS[kind]}${permissionText(mode)}${entry.xattrs?.size ? "+" : " "}`;
  const length = rdev ? `${rdev.major}, ${rdev.minor}` : String(size);
  const link =
    target === undefined ? "" : kind === "hardlink" ? msg` link to ${shown(target)}` : ` -> ${displayBytes(target)}`;
  const columns = [type, `${uid}/${gid}`.padEnd(9), length.padStart(12), timeText(entry.mtimeSec)];
  return `${columns.join(" ")} ${shown(entry.path)}${link}`;
}

/** A name as text and, where its text doesn't tell every byte, in base64 as well. */
function nameFields(key: string, name: ByteString, text: string): Record<string, string> {
  const bytes = Buffer.from(byteStringToBytes(name));
  const isPlain = bytes.toString("utf8") === displayBytes(name);
  return isPlain ? { [key]: text } : { [key]: text, [`${key}Base64`]: bytes.toString("base64") };
}

/** The fields of an entry's JSON line. `mode` is octal, `mtime` in seconds with nine decimals, as text. */
export function entryFields(entry: Entry): Record<string, unknown> {
  const { kind, mode, uid, gid, size, mtimeSec, mtimeNsec, target, rdev, xattrs, hash } = entry;
  return {
    ...nameFields("path", entry.path, shown(entry.path)),
    ...{ kind, mode: mode.toString(8).padStart(4, "0"), uid, gid, size },
    mtime: decimalTime(mtimeSec, mtimeNsec),
    ...(target === undefined ? {} : nameFields("target", target, targetText(entry, target))),
    ...(rdev ? { rdev } : {}),
    ...(xattrs?.size ? { xattrs: [...xattrs.keys()].map(displayBytes) } : {}),
    ...(hash === undefined ? {} : { xxh64: hash.toString(16).padStart(16, "0") }),
  };
}

function targetText({ kind }: Entry, target: ByteString): string {
  return kind === "hardlink" ? shown(target) : displayBytes(target);
}

/** Decimal seconds; a time before 1970 counts its fraction downwards. */
function decimalTime(sec: number, nsec: number): string {
  const whole = BigInt(sec) * 1_000_000_000n + BigInt(nsec);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(10, "0");
  return `${whole < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
