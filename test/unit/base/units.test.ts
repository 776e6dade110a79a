import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesToByteString, displayBytes, guidToText, toByteString } from "../../../src/base/bytes.ts";
import { tellIn } from "../../../src/base/message.ts";
import { formatBytes, formatBytesPlainly, formatDuration, parseSize } from "../../../src/base/units.ts";

for (const [text, bytes] of [
  ["700m", 734003200],
  ["4g", 4294967296],
  ["650", 681574400],
  ["1.5gb", 1610612736],
] as const) {
  test(`parseSize(${text}) is ${bytes}`, () => assert.is(parseSize(text), bytes));
}
test("parseSize() refuses what is no size", () => {
  for (const text of ["", "m", "4x", "-1", "1e9"]) assert.throws(() => parseSize(text), /is not a size/);
});
test("formatBytes() writes sizes as the language does; formatBytesPlainly() the same in each", () => {
  const sizes = [0, 1536, 10 ** 9, 12 * 2 ** 30];
  const plain = sizes.map(formatBytesPlainly);
  assert.equal(sizes.map(formatBytes), plain);
  tellIn({
    language: "fr",
    texts: { "{0} B": "{0} o", "{0} KiB": "{0} Kio", "{0} MiB": "{0} Mio", "{0} GiB": "{0} Gio" },
  });
  assert.equal(sizes.map(formatBytes), ["0 o", "1,5 Kio", "954 Mio", "12,0 Gio"]);
  assert.equal(sizes.map(formatBytesPlainly), plain);
  tellIn(undefined);
});

test("formatBytes() and formatDuration() read well", () => {
  assert.equal([0, 1023, 1536, 10 ** 9].map(formatBytes), ["0 B", "1023 B", "1.5 KiB", "954 MiB"]);
  assert.equal([0, 95, 3661].map(formatDuration), ["0:00", "1:35", "1:01:01"]);
});
test("displayBytes() shows UTF-8 and escapes what isn't text", () => {
  assert.is(displayBytes(toByteString("über")), "über");
  assert.is(displayBytes(bytesToByteString(new Uint8Array([0x61, 0xff, 0x0a]))), "a\\xff\\x0a");
  // What starts a control sequence in a terminal is a control character in UTF-8, too.
  assert.is(displayBytes(toByteString("a\u009b31m\u007f\u0080\u00a0")), "a\\xc2\\x9b31m\\x7f\\xc2\\x80\u00a0");
  assert.is(displayBytes(toByteString("\ufeffa")), "\ufeffa");
});
test("guidToText() undoes the mixed byte order of a GPT type", () => {
  const esp = Uint8Array.from([
    0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
  ]);
  assert.is(guidToText(esp), "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
});
test.run();
