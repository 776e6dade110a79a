import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeNbdRequest, encodeNbdReply, NBD_REQUEST_BYTES } from "../../../src/formats/nbd.ts";

/** A request as the kernel sends it. */
function request(type: number, offset: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(NBD_REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x25609513, false);
  view.setUint32(4, type, false);
  bytes.set([1, 2, 3, 4, 5, 6, 7, 8], 8);
  view.setBigUint64(16, offset, false);
  view.setUint32(24, length, false);
  return bytes;
}
const handle = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("decodeNbdRequest() reads reads, above 4 GiB too, and the end", () => {
  assert.equal(decodeNbdRequest(request(0, 0x1_2345_6000n, 4096)), {
    ...{ kind: "read", handle, offset: 0x1_2345_6000, length: 4096 },
  });
  assert.is(decodeNbdRequest(request(2, 0n, 0))?.kind, "disconnect");
  assert.is(decodeNbdRequest(request(1, 0n, 512))?.kind, "other", "a write");
});

test("decodeNbdRequest() waits for all of it, and takes nothing else", () => {
  assert.is(decodeNbdRequest(request(0, 0n, 1).subarray(0, 27)), undefined);
  assert.is(decodeNbdRequest(new Uint8Array(28)), undefined);
});

test("encodeNbdReply() repeats the handle behind the error", () => {
  assert.equal([...encodeNbdReply(handle, 5)], [0x67, 0x44, 0x66, 0x98, 0, 0, 0, 5, ...handle]);
});

test.run();
