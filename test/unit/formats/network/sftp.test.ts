import { test } from "uvu";
import * as assert from "uvu/assert";
import { concatBytes, encodeText } from "../../../../src/base/bytes.ts";
import { decodeStatvfs, encodeSftpRequest, type SftpAnswer, SftpReader } from "../../../../src/formats/network/sftp.ts";

const number = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return bytes;
};
const text = (value: string) => concatBytes([number(value.length), encodeText(value)]);
const packet = (type: number, ...parts: Uint8Array[]) => {
  const body = concatBytes([Uint8Array.of(type), ...parts]);
  return concatBytes([number(body.byteLength), body]);
};

test("encodeSftpRequest() has length, type, number and fields", () => {
  const bytes = encodeSftpRequest("read", 7, [Uint8Array.of(1, 2), 2n ** 33n, 512]);
  assert.equal([...bytes], [0, 0, 0, 23, 5, 0, 0, 0, 7, 0, 0, 0, 2, 1, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0]);
});

const stream = concatBytes([
  packet(2, number(3), text("posix-rename@openssh.com"), text("1")),
  packet(101, number(1), number(2), text("No such file"), text("")),
  packet(103, number(2), text("content")),
  packet(
    104,
    number(3),
    number(2),
    text("a"),
    text("-rw a"),
    number(0),
    text("b"),
    text("-rw b"),
    number(0x80000001),
    number(0),
    number(9),
    number(1),
    text("x"),
    text("y"),
  ),
  packet(105, number(4), number(0xd), number(1), number(5), number(0o100644), number(11), number(12)),
]);

test("SftpReader.push() gives the same answers however the bytes are cut", () => {
  const whole = new SftpReader().push(stream);
  assert.equal(
    whole.map(({ kind }) => kind),
    ["version", "status", "data", "name", "attributes"],
  );
  const attributes = (whole[4] as SftpAnswer & { kind: "attributes" }).attributes;
  assert.equal(attributes, { sizeBytes: 2 ** 32 + 5, permissions: 0o100644, mtimeSeconds: 12 });
  assert.equal((whole[3] as SftpAnswer & { kind: "name" }).names, ["a", "b"]);
  for (const step of [1, 3, 7, 50]) {
    const reader = new SftpReader();
    const answers: SftpAnswer[] = [];
    for (let at = 0; at < stream.byteLength; at += step) answers.push(...reader.push(stream.slice(at, at + step)));
    assert.equal(answers, whole, `in pieces of ${step}`);
  }
});

test("SftpReader.push() says what a login shell said, and refuses packets that are too short", () => {
  assert.throws(
    () => new SftpReader().push(encodeText("Welcome to nas!\n")),
    /does not speak SFTP: it says "Welcome to nas!/,
  );
  assert.throws(() => new SftpReader().push(packet(103, number(1), number(100))), /shorter than what it announces/);
  assert.throws(() => new SftpReader().push(packet(99, number(1))), /unknown type 99/);
});

test("SftpReader.push() takes random bytes for what they are, and never hangs", () => {
  for (let round = 0; round < 300; round += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(64));
    bytes.set([0, 0, 0, 20 + (round % 30)]);
    try {
      new SftpReader().push(bytes);
    } catch (error) {
      assert.match((error as Error).message, /SFTP/);
    }
  }
});

test("decodeStatvfs() multiplies blocks by their size", () => {
  const long = (value: number) => concatBytes([number(0), number(value)]);
  const body = concatBytes([long(1), long(4096), long(100), long(7), long(50)]);
  assert.equal(decodeStatvfs(body), { totalBytes: 409_600, freeBytes: 204_800 });
});

test.run();
