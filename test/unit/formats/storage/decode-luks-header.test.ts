import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeLuksHeader } from "../../../../src/formats/storage/decode-luks-header.ts";
import { mutatorOf } from "../../../support/mutate.ts";
import { detachedHeader, luks1Header, luks2Header, reencryptingHeader } from "../luks-headers.ts";

const COPY = 16384;
const decode = (bytes: Uint8Array) => decodeLuksHeader((offset, length) => bytes.subarray(offset, offset + length));

/** The header with one copy changed and its checksum right again. */
function withCopy(at: number, change: (copy: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(luks2Header);
  const copy = bytes.subarray(at, at + COPY);
  change(copy);
  copy.fill(0, 448, 512);
  copy.set(new Bun.CryptoHasher("sha256").update(copy).digest(), 448);
  return bytes;
}

function withText(at: number, from: string, to: string): Uint8Array {
  return withCopy(at, (copy) => {
    const text = Buffer.from(copy.subarray(4096)).toString("latin1");
    assert.ok(text.includes(from), from);
    copy.set(Buffer.from(text.replace(from, to).slice(0, copy.byteLength - 4096), "latin1"), 4096);
  });
}

const withLabel = (at: number, label: string, sequence: number) =>
  withCopy(at, (copy) => {
    copy.fill(0, 24, 72);
    copy.set(Buffer.from(label), 24);
    new DataView(copy.buffer, copy.byteOffset).setBigUint64(16, BigInt(sequence));
  });

test("decodeLuksHeader() reads LUKS1 as cryptsetup wrote it", () => {
  assert.equal(decode(luks1Header), {
    version: 1,
    uuid: "6d6f6e64-6f00-4000-8000-0000000000a1",
    cipher: "aes-xts-plain64",
    keyBytes: 64,
    sectorBytes: 512,
    hash: "sha256",
    dataOffsetBytes: 2 << 20,
    slots: [{ number: 0, pbkdf: { type: "pbkdf2", hash: "sha256", iterations: 1000 } }],
    flags: [],
    tokens: [],
  });
});

test("decodeLuksHeader() reads LUKS2 with label, subsystem and two kinds of key slots", () => {
  const own = { cipher: "aes-xts-plain64", keyBytes: 64 };
  assert.equal(decode(luks2Header), {
    version: 2,
    uuid: "6d6f6e64-6f00-4000-8000-0000000000a2",
    label: "data 1",
    subsystem: "sub",
    cipher: "aes-xts-plain64",
    keyBytes: 64,
    sectorBytes: 4096,
    hash: "sha256",
    dataOffsetBytes: 16 << 20,
    slots: [
      { number: 0, pbkdf: { type: "argon2id", iterations: 4, memoryKib: 65536, threads: 2 }, ...own },
      { number: 1, pbkdf: { type: "pbkdf2", hash: "sha512", iterations: 1000 }, ...own },
    ],
    flags: [],
    tokens: [],
    metadataBytes: COPY,
    keyslotsBytes: 16744448,
  });
});

test("decodeLuksHeader() keeps nothing of what opens the volume", () => {
  const text = JSON.stringify([decode(luks1Header), decode(luks2Header)]);
  assert.not.match(text, /salt|digest|key_?material/i);
  assert.not.match(text, /[A-Za-z0-9+/]{40}/);
});

test("decodeLuksHeader() takes the second copy where the first is damaged, and the newer where both are whole", () => {
  const damaged = Uint8Array.from(luks2Header);
  damaged[5000] = 0x21;
  assert.equal(decode(damaged), decode(luks2Header));
  assert.is(decode(withLabel(COPY, "newer", 99))?.label, "newer");
  assert.is(decode(withLabel(COPY, "older", 1))?.label, "data 1");
  damaged[COPY + 5000] = 0x21;
  assert.is(decode(damaged), undefined);
});

test("decodeLuksHeader() names what can't be made again", () => {
  assert.match(decode(detachedHeader)?.obstacle ?? "", /header lies apart from its data/);
  assert.match(decode(reencryptingHeader)?.obstacle ?? "", /being re-encrypted/);
  const segment = '"size":"dynamic"';
  assert.match(decode(withText(0, segment, '"size":"1048576"'))?.obstacle ?? "", /fixed size/);
  const integrity = '"sector_size":4096,"integrity":{"type":"hmac(sha256)"}';
  assert.match(decode(withText(0, '"sector_size":4096', integrity))?.obstacle ?? "", /integrity/);
  const required = '"config":{"requirements":{"mandatory":["from-the-future"]},';
  assert.match(decode(withText(0, '"config":{', required))?.obstacle ?? "", /needs from-the-future/);
  const token = '"tokens":{"0":{"type":"systemd-tpm2","keyslots":["1"]}}';
  assert.equal(decode(withText(0, '"tokens":{}', token))?.tokens, ["systemd-tpm2"]);
  const unused = Uint8Array.from(luks1Header);
  new DataView(unused.buffer).setUint32(208, 0x0000dead);
  assert.match(decode(unused)?.obstacle ?? "", /without a key slot/);
});

test("decodeLuksHeader() takes nothing else for a header", () => {
  assert.is(decode(new Uint8Array(32768)), undefined);
  assert.is(decode(luks2Header.subarray(0, 8000)), undefined);
  assert.is(decode(luks1Header.subarray(0, 500)), undefined);
  const future = Uint8Array.from(luks1Header);
  future[7] = 3;
  assert.is(decode(future), undefined);
});

test("decodeLuksHeader() throws nothing over damaged headers, whole checksums included", () => {
  const { mutated, below } = mutatorOf(20261121);
  let accepted = 0;
  for (let round = 0; round < 2000; round++) {
    if (decode(mutated(luks1Header)) !== undefined) accepted++;
    decode(mutated(luks2Header));
    const twice = withCopy(0, (copy) => copy.set(mutated(copy, 0, 6000).subarray(0, COPY).slice(), 0));
    const cut = below(2) === 0 ? twice : twice.subarray(0, below(twice.byteLength));
    if (decode(cut) !== undefined) accepted++;
  }
  assert.ok(accepted > 100, `${accepted} were still headers`);
});

test.run();
