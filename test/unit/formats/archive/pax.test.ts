import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ByteString, toByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import {
  encodeSparseMap,
  encodeTarHeader,
  parsePaxRecords,
  parseTarBlock,
  type TarHeader,
  tarHeaderBound,
} from "../../../../src/formats/archive/pax.ts";

const plain: TarHeader = {
  path: toByteString("usr/bin/true"),
  type: "0",
  mode: 0o4755,
  uid: 0,
  gid: 50,
  size: 12345,
  mtimeSec: 1_700_000_000,
  mtimeNsec: 0,
};

function encode(header: TarHeader): Uint8Array {
  const bytes = new Uint8Array(tarHeaderBound(header)).fill(0xaa);
  return bytes.subarray(0, encodeTarHeader(bytes, 0, header));
}

function recordsOf(header: TarHeader): Map<string, ByteString> {
  const bytes = encode(header);
  const first = parseTarBlock(bytes);
  assert.is(first?.type, "x");
  return parsePaxRecords(bytes.subarray(512, 512 + (first?.size ?? 0)));
}

test("encodeTarHeader() of a plain file is one ustar block that parseTarBlock() reads", () => {
  const bytes = encode(plain);
  assert.is(bytes.length, 512);
  assert.equal(parseTarBlock(bytes), {
    name: plain.path,
    type: "0",
    size: 12345,
    mode: 0o4755,
    uid: 0,
    gid: 50,
    mtimeSec: 1_700_000_000,
    rdev: { major: 0, minor: 0 },
    link: "" as ByteString,
  });
});

test("encodeTarHeader() names the root ./ and ends directories in a slash", () => {
  assert.is(parseTarBlock(encode({ ...plain, path: "" as ByteString, type: "5" }))?.name, "./");
  assert.is(parseTarBlock(encode({ ...plain, path: toByteString("a"), type: "5" }))?.name, "a/");
});

test("encodeTarHeader() puts what ustar can't hold into extended records", () => {
  const path = `${"long/".repeat(30)}\xff\n=` as ByteString;
  const link = "t".repeat(200) as ByteString;
  const big = { path, link, uid: 3_000_000, gid: 4_294_967_295, size: 2 ** 40, mtimeSec: -2, mtimeNsec: 250_000_000 };
  const records = recordsOf({ ...plain, ...big });
  assert.equal(
    [...records],
    [
      ["path", path],
      ["linkpath", link],
      ["size", "1099511627776"],
      ["uid", "3000000"],
      ["gid", "4294967295"],
      ["mtime", "-1.750000000"],
    ],
  );
});

test("encodeTarHeader() writes extended attributes byte for byte and escapes = and % in their names", () => {
  const value = Uint8Array.from({ length: 256 }, (_, i) => i);
  const xattrs = new Map([[toByteString("user.a=b%"), value]]);
  const records = recordsOf({ ...plain, xattrs });
  assert.equal([...records.keys()], ["SCHILY.xattr.user.a%3Db%25"]);
  assert.equal(Buffer.from(records.get("SCHILY.xattr.user.a%3Db%25") ?? "", "latin1"), Buffer.from(value));
});

test("extended records count their own length, around every change of digits", () => {
  for (let length = 101; length < 1100; length++) {
    const path = "p".repeat(length) as ByteString;
    assert.is(recordsOf({ ...plain, path }).get("path"), path);
  }
});

test("encodeSparseMap() counts its ranges and ends at the file's size", () => {
  const text = (extents: number[], size: number) =>
    Buffer.from(encodeSparseMap(extents, size)).toString().replace(/\0+$/, "");
  assert.is(text([0, 5, 10, 5], 15), "2\n0\n5\n10\n5\n");
  assert.is(text([0, 5], 100), "2\n0\n5\n100\n0\n");
  assert.is(text([], 7), "1\n7\n0\n");
  assert.is(
    encodeSparseMap(
      Array.from({ length: 200 }, (_, i) => i * 1000),
      10 ** 9,
    ).length % 512,
    0,
  );
});

test("parseTarBlock() gives undefined for zeros and an error for anything else that is no header", () => {
  assert.is(parseTarBlock(new Uint8Array(512)), undefined);
  for (let i = 0; i < 500; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(512));
    assert.throws(
      () => parseTarBlock(bytes),
      (error: unknown) => error instanceof MondoError && error.code === "format",
    );
  }
});

test("parsePaxRecords() gives an error for records that don't add up", () => {
  for (const text of ["", "5", "abc", "9 a=b\n", "6 a=b\n6 a=", "3 =\n", "99999999999 a=b\n", "7 a=bc"]) {
    const bytes = new TextEncoder().encode(text);
    if (text === "") assert.is(parsePaxRecords(bytes).size, 0);
    else
      assert.throws(
        () => parsePaxRecords(bytes),
        (error: unknown) => error instanceof MondoError,
        text,
      );
  }
});

test.run();
