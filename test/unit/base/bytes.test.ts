import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesOfText, textBeforeNul, textOfBytes, textOfUtf16, utf16OfText } from "../../../src/base/bytes.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

test("textOfBytes() keeps UTF-8, and stands in for every other byte", () => {
  assert.is(textOfBytes(Buffer.from("\ufeffä 😀")), "\ufeffä 😀");
  assert.is(textOfBytes(latin1("caf\xe9")), "caf\udce9");
  assert.is(textOfBytes(latin1("\xe9t\xe9 \xc3\xa9")), "\udce9t\udce9 é");
  // Half of a pair, an overlong slash, a sequence that is cut short.
  assert.is(textOfBytes(latin1("\xed\xa0\x80")), "\udced\udca0\udc80");
  assert.is(textOfBytes(latin1("\xc0\xaf")), "\udcc0\udcaf");
  assert.is(textOfBytes(latin1("a\xf0\x9f\x98")), "a\udcf0\udc9f\udc98");
  assert.is(textBeforeNul(latin1("\xe9\0\xe9")), "\udce9");
});

test("bytesOfText() gives back the bytes, also after JSON", () => {
  for (let round = 0; round < 2000; round += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(round % 24));
    if (round % 3 === 0) bytes.set(Buffer.from("ü").subarray(0, bytes.byteLength));
    const text = JSON.parse(JSON.stringify(textOfBytes(bytes))) as string;
    assert.equal([...bytesOfText(text)], [...bytes]);
  }
});

test("UTF-16 comes back whatever it is", () => {
  for (let round = 0; round < 200; round += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(22));
    assert.equal([...utf16OfText(textOfUtf16(bytes))], [...bytes]);
  }
});

test.run();
