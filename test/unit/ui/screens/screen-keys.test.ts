import { test } from "uvu";
import * as assert from "uvu/assert";
import { KeyReader } from "../../../../src/ui/screens/screen-keys.ts";
import { randomOf } from "../../../support/seeded-random.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const keysOf = (text: string) => {
  const reader = new KeyReader();
  return [...reader.push(bytesOf(text)), ...reader.flush()];
};

test("KeyReader knows the keys of the kernel's console, a VT220, xterm and tmux", () => {
  assert.equal(keysOf("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[1~\x1bOF"), [
    "up",
    "down",
    "page-up",
    "page-down",
    "home",
    "end",
  ]);
  assert.equal(keysOf("\x1b[[A\x1bOP\x1b[11~\x07"), ["help", "help", "help", "help"]);
  assert.equal(keysOf("\r\x7f\x15\x03\x0c\x1a"), ["enter", "backspace", "clear", "cancel", "redraw", "shell"]);
  assert.equal(keysOf("aé"), [{ char: "a" }, { char: "é" }]);
});

test("KeyReader puts together what a slow line cut, byte by byte", () => {
  const reader = new KeyReader();
  const keys = [...bytesOf("\x1b[5~é\x1bOPx")].flatMap((byte) => reader.push(new Uint8Array([byte])));
  assert.equal(keys, ["page-up", { char: "é" }, "help", { char: "x" }]);
  assert.not(reader.isWaiting);
});

test("KeyReader takes a lone ESC for the Escape key only after a while", () => {
  const reader = new KeyReader();
  assert.equal(reader.push(bytesOf("\x1b")), []);
  assert.ok(reader.isWaiting);
  assert.equal(reader.flush(), ["escape"]);
});

test("KeyReader drops NUL, ^D, mouse reports, unknown sequences and broken UTF-8", () => {
  assert.equal(keysOf("\0\x04\x1b[<0;3;4M\x1b[99~\x1b[200~\x1bx1"), [{ char: "1" }]);
  const reader = new KeyReader();
  assert.equal([...reader.push(new Uint8Array([0xff, 0xfe, 0x9b, 49])), ...reader.flush()], [{ char: "1" }]);
});

test("KeyReader ends with every noise, and then knows keys again", () => {
  const random = randomOf(3);
  const reader = new KeyReader();
  for (let round = 0; round < 300; round += 1) {
    reader.push(Uint8Array.from({ length: 50 }, () => random(256)));
    reader.flush();
    assert.not(reader.isWaiting);
  }
  const keys = [...reader.push(bytesOf("   \x1b[A")), ...reader.flush()];
  assert.is(keys.at(-1), "up");
});

test.run();
