/** Catalogs that were made to cost memory or hours, and honest ones that come near. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBlockHeader } from "../../../../src/archive/catalog/block-header.ts";
import { readCatalog } from "../../../../src/archive/catalog/catalog.ts";
import { CatalogWriter } from "../../../../src/archive/catalog/catalog-writer.ts";
import { encodeEntry } from "../../../../src/archive/catalog/entry-record.ts";
import { encodeEnd, putRecord } from "../../../../src/archive/catalog/records.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { zstdCodec } from "../../../../src/drivers/codec/zstd.ts";
import { PackedWriter } from "../../../../src/formats/archive/packed-bytes.ts";
import { craft } from "../crafted-set.ts";

const MIB = 1 << 20;
const test = suite("catalogs made to cost");
const work = mkdtempSync(join(tmpdir(), "mondo-bombs-"));
const file = join(work, "catalog");
test.after(() => rmSync(work, { recursive: true, force: true }));

function block(content: Uint8Array, announced = content.length): Uint8Array {
  const stored = zstdCodec.compressor(4).compress(content);
  const header = new PackedWriter();
  encodeBlockHeader(header, { storedBytes: stored.length, contentBytes: announced });
  return Buffer.concat([header.bytes(), stored]);
}

/** What a catalog of these blocks is refused for, and how many records it gave until then. */
function refusal(...blocks: readonly Uint8Array[]): { readonly text: string; readonly records: number } {
  writeFileSync(file, Buffer.concat(blocks));
  let records = 0;
  try {
    for (const _ of readCatalog(file)) records++;
  } catch (error) {
    return { text: (error as Error).message.replace(`the catalog ${file} is damaged: `, ""), records };
  }
  return { text: "", records };
}

test("zeros are no records, and the first of them ends it", () => {
  const begun = performance.now();
  assert.equal(refusal(block(new Uint8Array(60 * MIB))), { text: "a record has no type", records: 0 });
  assert.ok(performance.now() - begun < 5000);
});

test("a block of more than 64 MiB is refused before it is decompressed", () => {
  const large = 64 * MIB + 1;
  assert.is(refusal(block(new Uint8Array(1000), large)).text, `a block of ${large} bytes is announced`);
});

test("records of types that are not known count, too", () => {
  const writer = new PackedWriter(40 * MIB);
  for (let left = 16 * MIB; left > 0; left--) putRecord(writer, 200, new Uint8Array(0));
  assert.match(refusal(block(writer.bytes())).text, /^it has more records than a catalog of \d+ bytes can have$/);
});

test("what grows to thousands of times its bytes is refused, block by block", () => {
  const xattrs = new Map([[toByteString("user.zeros"), new Uint8Array(20 * MIB)]]);
  const writer = new PackedWriter(60 * MIB);
  for (const path of ["a", "b"]) encodeEntry(writer, craft(path, "file", { xattrs }));
  const bomb = block(writer.bytes());
  const { text, records } = refusal(...Array<Uint8Array>(10).fill(bomb));
  assert.match(text, /^it has more content than a catalog of \d+ bytes can have$/);
  assert.ok(records >= 4 && records < 16, `${records}`);
  // Such entries alone are nothing bad.
  const end = new PackedWriter();
  encodeEnd(end, { entries: 2, frames: 0, contentBytes: 0 });
  assert.equal(refusal(bomb, block(end.bytes())), { text: "", records: 3 });
});

test("a tree of nothing but empty files and links is read, as is one of long paths", () => {
  const deep = `${"d".repeat(200)}/`.repeat(19);
  for (const [kind, below, count] of [
    ["hardlink", "d/", 400_000],
    ["file", deep, 40_000],
  ] as const) {
    const catalog = new CatalogWriter(work);
    const none = { mode: 0o644, uid: 0, gid: 0, size: 0, mtimeSec: 1e9, mtimeNsec: 0 };
    const more = kind === "hardlink" ? { target: toByteString("d/0") } : {};
    for (let index = 0; index < count; index++) {
      catalog.entry({ kind, path: toByteString(`${below}${index}`), ...none, ...more });
    }
    const { name } = catalog.finish({ entries: count, frames: 0, contentBytes: 0 });
    let records = 0;
    for (const _ of readCatalog(join(work, name))) records++;
    assert.is(records, count + 1);
  }
});

test.run();
