/** Paths of entries: bytes, relative to the root, which is "". */
import type { ByteString } from "../../base/bytes.ts";
import { displayBytes, toByteString } from "../../base/bytes.ts";

/** `a/b/c` → `a/b`; a name without a slash → the root (""). */
export function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ByteString;
}

/** `a/b/c` → `c`. */
export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1) as ByteString;
}

/** An empty component, `.` or `..`, or a NUL. */
const UNSAFE = /\0|^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;

/** Whether every component names something below its directory: no empty one, `.`, `..`, NUL or leading slash. */
export function isSafePath(path: ByteString): boolean {
  return !UNSAFE.test(path);
}

/** `/usr//lib/` → `usr/lib`. */
export function relativePath(path: string): ByteString {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return toByteString(parts.join("/"));
}

/** A full path for people. */
export function shown(path: ByteString): string {
  return `/${displayBytes(path)}`;
}
