import { test } from "uvu";
import * as assert from "uvu/assert";
import { printable } from "../../../src/base/printable.ts";

test("printable() makes controls, line ends of Unicode and bidirectional marks visible", () => {
  assert.is(
    printable("\x1b[2J\x07\r\b\x7f\u009b\u0085\0"),
    "\\u001b[2J\\u0007\\u000d\\u0008\\u007f\\u009b\\u0085\\u0000",
  );
  assert.is(printable("\u202e\u2066\u200f\u061c\u2028"), "\\u202e\\u2066\\u200f\\u061c\\u2028");
});

test("printable() shows bytes that are no UTF-8 as they stand in JSON", () => {
  assert.is(printable("caf\udce9 😀 \ud83d"), "caf\\udce9 😀 \\ud83d");
});

test("printable() keeps text of all scripts, line feeds and tabs, and more where it is asked to", () => {
  const text = "Größe\tданные 数据 שלום 👩‍💻\n";
  assert.is(printable(text), text);
  assert.is(printable("a\r\b", "\r\b"), "a\r\b");
  assert.is(printable("a\nb", ""), "a\\u000ab");
});

test("printable() leaves JSON the same value", () => {
  const value = { label: '\x1b[1m\x7f\u009b\u202e\u2028\n"\\', list: [1, null] };
  const shown = printable(JSON.stringify(value, null, 1));
  assert.equal(JSON.parse(shown), value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
  assert.not.match(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/);
});

test.run();
