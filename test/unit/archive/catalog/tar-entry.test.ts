import { test } from "uvu";
import * as assert from "uvu/assert";
import { entryOf, headerOf } from "../../../../src/archive/catalog/tar-entry.ts";
import type { Entry } from "../../../../src/archive/entry.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { encodeTarHeader, tarHeaderBound } from "../../../../src/formats/archive/pax.ts";
import { readTarMember } from "../../../../src/formats/archive/tar-member.ts";
import { craft } from "../crafted-set.ts";

/** The entry of the member that an entry becomes. */
function through(entry: Entry): Entry | undefined {
  const header = headerOf(entry);
  const tar = new Uint8Array(tarHeaderBound(header));
  const member = readTarMember(tar.subarray(0, encodeTarHeader(tar, 0, header)), 0);
  return member && entryOf(member);
}

/** What tar does not know: where the content lies. */
function plain({ hash: _, dataOffset: __, ...entry }: Entry): Entry {
  return entry;
}

test("entryOf() gives back what headerOf() made of an entry of any kind", () => {
  const xattrs = new Map([[toByteString("user.x"), Uint8Array.of(0, 255)]]);
  const entries = [
    craft("file", "file", { flags: 0x10, project: 7, xattrs, mode: 0o4755, uid: 3_000_000, mtimeNsec: 1 }),
    craft("a".repeat(300), "directory", { mtimeSec: -5 }),
    craft("link", "symlink", { to: "b".repeat(300), xattrs }),
    craft("further", "hardlink", { to: "file" }),
    craft("null", "char", { rdev: { major: 1, minor: 3 } }),
    craft("disk", "block", { rdev: { major: 259, minor: 262_143 } }),
    craft("pipe", "fifo"),
  ];
  for (const entry of entries) assert.equal(through(entry), plain(entry), entry.kind);
});

test.run();
