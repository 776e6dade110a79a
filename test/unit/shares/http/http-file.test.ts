import { test } from "uvu";
import * as assert from "uvu/assert";
import type { HttpPart } from "../../../../src/host/http.ts";
import { withoutSecrets } from "../../../../src/network/web-url.ts";
import { type FetchPart, HttpFile } from "../../../../src/shares/http/http-file.ts";
import { sharedPlace } from "../../../../src/shares/share-words.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const URL_OF_IT = "http://web/m1-1.iso";
const content = new Uint8Array(5_000_003).map((_, at) => (at * 7 + (at >> 8)) % 256);

/** A server that has the content; `spoil` may change what it gives, by the number of the request. */
function served(spoil: (part: HttpPart, number: number) => HttpPart = (part) => part) {
  const said: string[] = [];
  let count = 0;
  const fetchPart: FetchPart = async (_, offset, length) => {
    count += 1;
    const bytes = content.slice(offset, offset + length);
    return spoil({ status: 206, totalBytes: content.byteLength, version: "v1", bytes }, count);
  };
  return {
    wire: {
      host: fakeHost({}),
      fetchPart,
      fetchText: async () => ({ status: 404, text: "" }),
      log: (text: string) => said.push(text),
    },
    said,
  };
}

const equals = (bytes: Uint8Array, from: number, to: number) =>
  assert.ok(Buffer.from(bytes).equals(Buffer.from(content.subarray(from, to))));

test("HttpFile.read() gives any range, across its blocks and to the end", async () => {
  const file = await HttpFile.open(served().wire, URL_OF_IT, 3);
  assert.is(file.sizeBytes, content.byteLength);
  for (const [from, length] of [
    [0, 1],
    [2_097_000, 4096],
    [100, 4_500_000],
    [4_999_999, 4],
  ] as const) {
    equals(await file.read(from, length), from, from + length);
  }
  assert.is((await file.read(5_000_000, 4096)).byteLength, 3);
});

test("HttpFile.read() asks for the rest when connections break, servers fail and go away", async () => {
  const { wire, said } = served((part, number) => {
    if (number === 1 || number > 12) return part;
    if (number % 3 === 0) throw new Error("connection refused");
    if (number % 3 === 1) return { ...part, status: 503, bytes: new Uint8Array(0) };
    return { ...part, bytes: part.bytes.subarray(0, 12_345) };
  });
  const file = await HttpFile.open(wire, URL_OF_IT, 3);
  equals(await file.read(0, 4_000_000), 0, 4_000_000);
  assert.ok(said.some((line) => /connection broke at 12345; going on/.test(line)));
  assert.ok(said.some((line) => /connection refused; trying again/.test(line)));
  assert.ok(said.some((line) => /answers 503; trying again/.test(line)));
});

test("HttpFile.read() does not take another part for the one that it asked for", async () => {
  const { wire } = served((part, number) => (number === 1 ? { ...part, start: 0 } : { ...part, start: 4096 }));
  const file = await HttpFile.open(wire, URL_OF_IT, 3);
  const message = await file.read(0, 10).then(String, (error: Error) => error.message);
  assert.is(message, "the server gives byte 4096 of http://web/m1-1.iso where byte 0 was asked for");
});

test("HttpFile.read() refuses to mix two files: one that was replaced meanwhile is damaged", async () => {
  for (const change of [{ version: "v2" }, { totalBytes: 7 }]) {
    const { wire } = served((part, number) => (number === 1 ? part : { ...part, ...change }));
    const file = await HttpFile.open(wire, URL_OF_IT, 3);
    const message = await file.read(0, 10).then(String, (error: Error) => error.message);
    assert.match(message, /m1-1\.iso was replaced on the server while it was read/);
  }
});

test("HttpFile.read() goes on where a tag that was weak is strong now: Apache does so after a second", async () => {
  const { wire } = served((part, number) => ({ ...part, version: number === 1 ? 'W/"a-1"' : '"a-1"' }));
  const file = await HttpFile.open(wire, URL_OF_IT, 3);
  equals(await file.read(0, 4096), 0, 4096);
});

const failures: readonly (readonly [status: number, says: RegExp])[] = [
  [404, /^the web server has no http:\/\/web\/m1-1\.iso$/],
  [403, /does not give http:\/\/web\/m1-1\.iso away \(403\)/],
  [200, /can't give parts of a file/],
  [418, /answers 418/],
  [500, /can't be read after 2 tries: it answers 500/],
];
for (const [status, says] of failures) {
  test(`HttpFile.open() explains status ${status}`, async () => {
    const { wire } = served((part) => ({ ...part, status }));
    assert.match(await HttpFile.open(wire, URL_OF_IT, 2).then(String, (error: Error) => error.message), says);
  });
}

test("withoutSecrets() leaves name and password out", () => {
  assert.is(withoutSecrets("https://joe:secret@web/a@b.iso"), "https://web/a@b.iso");
  assert.is(withoutSecrets("http://web/a@b.iso"), "http://web/a@b.iso");
  assert.is(withoutSecrets("https://joe:se@cret@web/a@b.iso"), "https://web/a@b.iso");
  assert.is(withoutSecrets("https://web/m-1.iso?X-Amz-Signature=5e4c&a=b@c"), "https://web/m-1.iso?...");
});

for (const [source, url, name, image] of [
  ["http://joe:x@web/x.ISO", "http://joe:x@web", "http://web", "x.ISO"],
  ["http://web/sets/", "http://web/sets", "http://web/sets", undefined],
  ["https://web", "https://web", "https://web", undefined],
  ["https://web/", "https://web", "https://web", undefined],
  ["https://web/b/m-1.iso?sig=a/b.iso", "https://web/b?sig=a/b.iso", "https://web/b?...", "m-1.iso"],
  ["http://web/a/m%201-1.iso", "http://web/a", "http://web/a", "m 1-1.iso"],
  ["sftp://joe@nas:2222/b/x-1.iso", "sftp://joe@nas:2222/b", "joe@nas:/b", "x-1.iso"],
  ["sftp://nas.iso", "sftp://nas.iso", "nas.iso:/", undefined],
] as const) {
  test(`sharedPlace("${source}")`, () => {
    const place = sharedPlace(source);
    assert.equal([place?.share.text.replace(/\/$/, ""), place?.share.name, place?.image], [url, name, image]);
  });
}

for (const [code, says] of [
  [
    "CERT_HAS_EXPIRED",
    /^the certificate of web:8443 has expired by this machine's clock \(1970-01-01T00:16 UTC\): https:\/\/web/,
  ],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /is for another name/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /is signed by an authority that is not trusted here/],
] as const) {
  test(`HttpFile.open() explains ${code} at once, and tries no more`, async () => {
    let tries = 0;
    const fetchPart: FetchPart = async () => {
      tries += 1;
      throw Object.assign(new Error("no"), { code });
    };
    const wire = { ...served().wire, fetchPart };
    const url = "https://joe:secret@web:8443/x.iso";
    const message = await HttpFile.open(wire, url, 3).then(String, (error: Error) => error.message);
    assert.match(message, says);
    assert.not.match(message, /secret/);
    assert.is(tries, 1);
  });
}

test.run();
