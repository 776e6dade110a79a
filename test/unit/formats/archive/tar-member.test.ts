import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ByteString, toByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import {
  encodeSparseMap,
  encodeTarHeader,
  paddedLength,
  TAR_END,
  type TarHeader,
} from "../../../../src/formats/archive/pax.ts";
import { readTarMember } from "../../../../src/formats/archive/tar-member.ts";

const common = { mode: 0o4751, uid: 7, gid: 3_000_000, mtimeSec: 1_700_000_000, mtimeNsec: 5 };
const plain: TarHeader = { ...common, path: toByteString("usr/bin/true"), type: "0", size: 1000 };

/** Headers, and room for the content behind them. */
function memberBytes(header: TarHeader, content: Uint8Array = new Uint8Array(header.size)): Uint8Array {
  const bytes = new Uint8Array(1 << 16);
  const at = encodeTarHeader(bytes, 512, header);
  bytes.set(content, at);
  return bytes.subarray(0, at + paddedLength(header.size));
}

function neverEnd(): never {
  throw new Error("the archive ends");
}

/** What was read of a header, without places. */
function read(header: TarHeader) {
  const bytes = memberBytes(header);
  const { contentAt: _, contentBytes, next, ...rest } = readTarMember(bytes, 512) ?? neverEnd();
  assert.is(next, bytes.length);
  assert.is(contentBytes, header.size);
  return rest;
}

test("readTarMember() gives back every header that encodeTarHeader() writes", () => {
  const name = "n\xff\n=".repeat(60) as ByteString;
  const xattrs = new Map([
    [toByteString("user.odd=name%3D%"), Uint8Array.of(0, 10, 61, 255)],
    [toByteString("user.empty"), new Uint8Array(0)],
  ]);
  const headers: TarHeader[] = [
    plain,
    { ...plain, path: name, size: 0, uid: 4_294_967_294, xattrs, fflags: "schg,nodump", project: 77 },
    { ...common, path: "" as ByteString, type: "5", size: 0 },
    { ...common, path: name, type: "5", size: 0 },
    { ...common, path: toByteString("link"), type: "2", size: 0, link: name },
    { ...common, path: toByteString("other"), type: "1", size: 0, link: toByteString("usr/bin/true") },
    { ...common, path: toByteString("disk"), type: "4", size: 0, rdev: { major: 259, minor: 262_143 } },
    { ...common, path: toByteString("fifo"), type: "6", size: 0 },
  ];
  for (const header of headers) assert.equal(read(header), header);
});

test("readTarMember() gives back times before 1970 and behind 2242", () => {
  for (const [mtimeSec, mtimeNsec] of [
    [-1, 0],
    [-1, 1],
    [-2, 750_000_000],
    [0, 5],
    [9_000_000_000, 0],
  ] as const) {
    const { mtimeSec: seconds, mtimeNsec: ns } = read({ ...plain, mtimeSec, mtimeNsec });
    assert.equal([seconds, ns], [mtimeSec, mtimeNsec]);
  }
});

test("readTarMember() of a file with holes gives its ranges and where its data starts", () => {
  for (const [extents, realSize] of [
    [[4096, 8], 1 << 20],
    [[], 99],
    [[0, 10, 2 ** 34, 8], 2 ** 34 + 8],
  ] as const) {
    const map = encodeSparseMap(extents, realSize);
    const dataBytes = extents.reduce((sum: number, length, i) => sum + (i % 2 === 1 ? length : 0), 0);
    const bytes = memberBytes({ ...plain, size: map.length + dataBytes, realSize }, map);
    const member = readTarMember(bytes, 512);
    assert.equal(member?.extents, extents);
    assert.equal([member?.path, member?.realSize, member?.contentBytes], [plain.path, realSize, dataBytes]);
    assert.is(member?.next, bytes.length);
  }
});

test("readTarMember() gives undefined at the archive's end, and an error for what is no member", () => {
  assert.is(readTarMember(TAR_END, 0), undefined);
  const cut = memberBytes({ ...plain, path: toByteString("long".repeat(200)) }).subarray(0, 1400);
  const unknown = memberBytes(plain);
  // Type "7", with its checksum.
  unknown[512 + 156] = 0x37;
  unknown[512 + 153] = (unknown[512 + 153] ?? 0) + 7;
  const twice = encodeSparseMap([0, 10, 5, 10], 100);
  const overlapping = memberBytes({ ...plain, size: twice.length + 20, realSize: 100 }, twice);
  for (const bytes of [cut, unknown, overlapping, new Uint8Array(2048).fill(1)]) {
    assert.throws(
      () => readTarMember(bytes, 512),
      (error: unknown) => error instanceof MondoError && error.code === "format",
    );
  }
});

test.run();
