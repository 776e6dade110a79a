import { test } from "uvu";
import * as assert from "uvu/assert";
import { CLEAR, type Frame, frameOf, updateOf } from "../../../../src/ui/screens/frame.ts";
import { randomOf } from "../../../support/seeded-random.ts";
import { TinyTerminal } from "../../../support/tiny-terminal.ts";

const at = { row: 0, column: 0 };
const textOf = (frame: Frame, rows: number) =>
  Array.from({ length: rows }, (_, row) =>
    (frame[row] ?? [])
      .map(({ char, look }) => (look === "reverse" ? `<${char}>` : char))
      .join("")
      .trimEnd(),
  );

test("frameOf() reads SGR 1 and 7, and cuts off what doesn't fit", () => {
  const frame = frameOf("\x1b[7mab\x1b[27m c\n\x1b[1mbold\x1b[22m\nlost", 3, 2);
  assert.equal(
    frame.map((row) => row.map(({ char, look }) => `${char}${look[0]}`)),
    [
      ["ar", "br", " p"],
      ["bs", "os", "ls"],
    ],
  );
});

test("updateOf() makes any frame of any other, wherever lines moved, changed or went", () => {
  const random = randomOf(7);
  const terminal = new TinyTerminal(40, 12);
  terminal.write(CLEAR);
  const line = () => {
    const text = "the quick brown fox jumps over it".slice(0, random(34));
    return random(10) < 2 ? `\x1b[7m${text}\x1b[27m` : text;
  };
  let lines = Array.from({ length: 12 }, line);
  let before: Frame = [];
  for (let round = 0; round < 400; round += 1) {
    const kind = random(10);
    const from = random(6);
    if (kind < 3) lines = lines.map((old) => (random(10) < 2 ? line() : old));
    else if (kind < 6) lines = [...lines.slice(0, from), ...lines.slice(from + 1, 11), line(), ...lines.slice(11)];
    else if (kind < 9) lines = [...lines.slice(0, from), line(), ...lines.slice(from, 11)];
    else lines = Array.from({ length: 12 }, line);
    lines = lines.slice(0, 12);
    const after = frameOf(lines.join("\n"), 39, 12);
    terminal.write(updateOf(before, after, at));
    assert.equal(terminal.marked, textOf(after, 12), `round ${round}`);
    before = after;
  }
});

test("updateOf() sends little when a selection moves, a line scrolls, or nothing changes", () => {
  const rows = Array.from({ length: 20 }, (_, row) => `${row} ${"-".repeat(60)} ${row * 7}`);
  const marked = (row: number) =>
    frameOf(rows.map((text, n) => (n === row ? `\x1b[7m${text}\x1b[27m` : text)).join("\n"), 79, 24);
  const bytes = (a: Frame, b: Frame) => new TextEncoder().encode(updateOf(a, b, at)).byteLength;
  assert.ok(bytes(marked(3), marked(4)) < 200, String(bytes(marked(3), marked(4))));
  const plain = frameOf(rows.join("\n"), 79, 24);
  const scrolled = frameOf([...rows.slice(1), "a new one at the end"].join("\n"), 79, 24);
  assert.ok(bytes(plain, scrolled) < 80, String(bytes(plain, scrolled)));
  assert.ok(bytes(scrolled, plain) < 120, String(bytes(scrolled, plain)));
  assert.is(bytes(plain, plain), "\x1b[1;1H".length);
});

test.run();
