import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeContentRange, isSameVersion, versionIn } from "../../../src/host/partial-content.ts";

test("decodeContentRange() takes what RFC 9110 has, and nothing else", () => {
  const range = (text: string | null) => {
    const { start, totalBytes } = decodeContentRange(text);
    return [start, totalBytes];
  };
  assert.equal(range("bytes 0-9/100"), [0, 100]);
  assert.equal(range("Bytes 4096-8191/*"), [4096, undefined]);
  assert.equal(range("bytes */100"), [undefined, 100]);
  assert.equal(range("bytes 7-9"), [7, undefined]);
  for (const odd of [null, "", "items 0-9/100", "bytes 0-9/1e3", "bytes -1-9/100", `bytes 0-9/${"9".repeat(16)}`]) {
    assert.equal(range(odd), [undefined, undefined]);
  }
});

test("isSameVersion() takes a weak tag for the strong one that it becomes, and no other", () => {
  assert.ok(isSameVersion('W/"1f-63"', '"1f-63"'));
  assert.ok(isSameVersion('"1f-63"', '"1f-63"'));
  assert.not.ok(isSameVersion('W/"1f-63"', 'W/"1f-64"'));
  assert.not.ok(isSameVersion('"w/1"', '"1"'));
  assert.not.ok(isSameVersion('"1"', ""));
});

test("versionIn() is the tag, or else the date", () => {
  const date = "Mon, 30 Nov 2026 08:15:00 GMT";
  assert.is(versionIn(new Headers({ etag: '"1"', "last-modified": date })), '"1"');
  assert.is(versionIn(new Headers({ "last-modified": date })), date);
  assert.is(versionIn(new Headers()), "");
});

test.run();
