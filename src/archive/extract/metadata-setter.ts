import { type ByteString, displayBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Entry } from "../entry.ts";
import { relativePath } from "../tree/paths.ts";
import type { Birth } from "./births.ts";
import type { Place } from "./place.ts";
import type { PlaceProblems } from "./place-problems.ts";

/** Gives entries their metadata. Below lenient mounts failures are expected and not mentioned. */
export class MetadataSetter {
  readonly #problems: PlaceProblems;
  readonly #lenient: readonly ByteString[];

  constructor(problems: PlaceProblems, lenientMounts: readonly string[]) {
    this.#problems = problems;
    this.#lenient = lenientMounts.map(relativePath);
  }

  /**
   * Owner, mode, xattrs and time, but for what the file has from its birth. In this order: a change of owner takes away
   * set-id bits and file capabilities, and everything moves the time of change.
   */
  set(entry: Entry, place: Place, birth?: Birth): void {
    const hasOwner = birth !== undefined && birth.uid === entry.uid && birth.gid === entry.gid;
    if (!hasOwner) this.check(entry, msg`owner`, place.owner(entry.uid, entry.gid));
    // Before the mode, which an inherited ACL would reinterpret.
    if (!birth?.isPlain) place.dropOtherXattrs(entry.xattrs);
    if (!birth?.isPlain || birth.mode !== entry.mode) this.check(entry, msg`mode`, place.mode(entry.mode));
    for (const [name, value] of entry.xattrs ?? []) {
      this.check(entry, msg`attribute ${displayBytes(name)}`, place.xattr(name, value));
    }
    this.check(entry, msg`time`, place.modified(entry.mtimeSec, entry.mtimeNsec));
  }

  /** Notes an error (negative) of a call that sets something. */
  check({ path }: Entry, what: string, error: number): void {
    if (error < 0 && !this.#isLenient(path)) this.#problems.unset(path, what, error);
  }

  /** Notes flags that a file system of another kind does not have, if any. */
  refusedFlags({ path }: Entry, names: string | undefined): void {
    if (names !== undefined && !this.#isLenient(path)) this.#problems.unset(path, msg`flags`, names);
  }

  #isLenient(path: ByteString): boolean {
    return this.#lenient.some((mount) => path === mount || path.startsWith(`${mount}/`) || mount === "");
  }
}
