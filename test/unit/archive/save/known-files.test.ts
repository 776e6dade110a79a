import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CatalogWriter } from "../../../../src/archive/catalog/catalog-writer.ts";
import type { Entry } from "../../../../src/archive/entry.ts";
import { hasChangeTimes } from "../../../../src/archive/save/inode-mark.ts";
import { isSameFile, type Judgement, KnownFiles } from "../../../../src/archive/save/known-files.ts";
import type { ParentRequest } from "../../../../src/archive/set/parent.ts";
import { parentRequest, parentsFrom } from "../../../../src/archive/set/parent.ts";
import { byteStringToBytes, toByteString } from "../../../../src/base/bytes.ts";
import { type FileStat, FileType } from "../../../../src/host/fs-calls.ts";
import { craft } from "../crafted-set.ts";

const base = mkdtempSync(join(tmpdir(), "mondo-known-"));
test.after(() => rmSync(base, { recursive: true, force: true }));

const CTIME = 1_800_000_000;
const inode = { low: 7, high: 1, ctimeSec: CTIME, ctimeNsec: 5 };
const known = (path: string, more: Partial<Entry> = {}) => craft(path, "file", { mode: 0o644, inode, ...more });

function catalogOf(entries: readonly Entry[]): string {
  const directory = mkdtempSync(join(base, "catalog-"));
  const writer = new CatalogWriter(directory);
  writer.frame({ volume: 0, offset: 0, storedBytes: 10, tarBytes: 7 });
  for (const entry of entries) writer.entry(entry);
  writer.finish({ entries: entries.length, frames: 1, contentBytes: 7 });
  return join(directory, "catalog.mcat.zst");
}

function filesOf(entries: readonly Entry[], more: Partial<ParentRequest> = {}): KnownFiles {
  const usual = { created: CTIME + 100, troubled: new Set<string>(), content: false, volumes: 1 };
  return new KnownFiles({ catalog: catalogOf(entries), ...usual, ...more });
}

/** What the kernel says of a file that is as `known` has it. */
function statOf(entry: Entry, more: Partial<FileStat> = {}): FileStat {
  const { mode, uid, gid, size, mtimeSec, mtimeNsec } = entry;
  return {
    ...{ mode: FileType.file | mode, nlink: 1, uid, gid, size, blocks: 8, mtimeSec, mtimeNsec },
    ...{ ctimeSec: CTIME, ctimeNsec: 5, rdevMajor: 0, rdevMinor: 0, devMajor: 8, devMinor: 1, inoHigh: 1, inoLow: 7 },
    ...{ mountRoot: false, encrypted: false, verity: false, ...more },
  };
}

const directory = statOf(craft("d", "directory"), { mode: FileType.directory | 0o755 });

function judged(stat: Partial<FileStat>, request: Partial<ParentRequest> = {}, entry = known("f")): Judgement {
  const files = filesOf([entry], request);
  const is = statOf(entry, stat);
  const found = files.at(toByteString("f"), is);
  assert.ok(found);
  return files.judge(found, is);
}

test("judge() trusts a file whose inode and change time are those of the parent", () => {
  assert.is(judged({}), "same");
  assert.is(judged({ devMajor: 259, devMinor: 3 }), "same", "devices move from one start to the next");
});

test("judge() wants the content compared where only the inode or its change time differ", () => {
  for (const stat of [{ inoLow: 8 }, { inoHigh: 0 }, { ctimeSec: CTIME + 1 }, { ctimeNsec: 6 }]) {
    assert.is(judged(stat), "maybe", JSON.stringify(stat));
  }
});

test("judge() wants everything stored anew of which size, time, mode or owner differ", () => {
  const differ = [
    { size: 8 },
    { mtimeSec: 9 },
    { mtimeNsec: 9 },
    { mode: FileType.file | 0o600 },
    { uid: 9 },
    { gid: 9 },
  ];
  for (const stat of differ) assert.is(judged(stat), "new", JSON.stringify(stat));
});

test("judge() does not trust what was changed just before the parent was begun, or while it was saved", () => {
  assert.is(judged({}, { created: CTIME + 3 }), "same");
  for (const created of [CTIME + 2, CTIME, CTIME - 100]) assert.is(judged({}, { created }), "maybe", `${created}`);
  assert.is(judged({}, { troubled: new Set(["/f"]) }), "maybe");
  assert.is(judged({}, { troubled: new Set(["/g"]) }), "same");
  assert.is(judged({}, { content: true }), "maybe");
});

test("hasChangeTimes() says no of FAT and exFAT, whose change time anybody sets", () => {
  const [ext4, tmpfs, fat, exfat] = [0xef53, 0x01021994, 0x4d44, 0x2011bab0];
  assert.equal([ext4, tmpfs, fat, exfat].map(hasChangeTimes), [true, true, false, false]);
});

test("judge() of a file from a catalog without inodes, or with pieces missing, trusts nothing", () => {
  const { inode: _, ...old } = known("f");
  assert.is(judged({}, {}, old), "maybe");
  assert.is(judged({}, {}, known("f", { pieces: 3 })), "new");
});

test("at() and gone() name what the walk did not find, without what lies below, and what changed its kind", () => {
  const entries = [
    craft("", "directory"),
    craft("a", "directory"),
    known("a/1"),
    known("a/2"),
    craft("b", "directory"),
    known("b/1"),
    known("b/2"),
    known("c"),
    known("d"),
    known("e"),
  ];
  const files = filesOf(entries);
  const walk: [string, FileStat][] = [
    ["", directory],
    ["a", directory],
    ["a/2", statOf(known("a/2"))],
    ["aa", statOf(known("aa"))],
    ["c", directory],
    ["e", statOf(known("e"))],
  ];
  const found = walk.map(([path, stat]) => files.at(toByteString(path), stat) !== undefined);
  assert.equal(found, [true, true, true, false, true, true]);
  assert.equal(files.gone(), ["a/1", "b", "c", "d"].map(toByteString));
});

test("isSameFile() compares content, holes and every attribute", () => {
  const xattrs = (value: string) => new Map([[toByteString("user.x"), byteStringToBytes(toByteString(value))]]);
  const file = known("f", { xattrs: xattrs("1"), flags: 0x40, project: 3, extents: [0, 7] });
  assert.ok(isSameFile(file, { ...file, xattrs: xattrs("1"), dataOffset: 9 }));
  const others: Partial<Entry>[] = [
    { hash: 1n },
    { size: 8 },
    { extents: [0, 6] },
    { mode: 0 },
    { uid: 9 },
    { mtimeNsec: 9 },
    { flags: 0 },
    { project: 0 },
    { xattrs: xattrs("2") },
    { xattrs: new Map() },
  ];
  for (const other of others) assert.not.ok(isSameFile(file, { ...file, ...other }), Object.keys(other).join());
});

test("parentRequest() counts the volumes of the whole chain and knows what changed while it was saved", () => {
  const volume = { name: "volume-0001.tar.zst", sizeBytes: 1, sha256: "0".repeat(64) };
  const grandparent = { set: "a", created: 1, prefix: "p", level: 0, volumes: [volume, volume, volume] };
  const problem = (path: string, severity: "lost" | "changed") => ({ path, severity, reason: "r" });
  const manifest = {
    ...{ set: "b", created: 2, prefix: "p-d1", level: 1, parents: [grandparent], volumes: [volume, volume] },
    problems: [problem("/x", "changed"), problem("/y", "lost")],
  } as unknown as Parameters<typeof parentRequest>[0];
  const request = parentRequest(manifest, "catalog", true);
  assert.is(request.volumes, 5);
  assert.equal([...request.troubled], ["/x"]);
  assert.equal(
    parentsFrom(manifest).map(({ set, level }) => `${set}${level}`),
    ["a0", "b1"],
  );
});

test.run();
