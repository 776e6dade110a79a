import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ask } from "../../../../src/ui/ask.ts";
import { present } from "../../../../src/ui/present.ts";
import { frameOf } from "../../../../src/ui/screens/frame.ts";
import { asciiGlyphs, consoleGlyphs, plainGlyphs, unicodeGlyphs } from "../../../../src/ui/screens/glyphs.ts";
import { barText, bodyLines, wrapLine } from "../../../../src/ui/screens/layout-text.ts";
import { LineKeeper } from "../../../../src/ui/screens/line-keeper.ts";
import type { Screen } from "../../../../src/ui/screens/screen.ts";
import { isUtf8, whichUi } from "../../../../src/ui/screens/which-ui.ts";

const GIB = 1 << 30;

test("wrapLine() breaks at blanks, keeps the indent, and cuts words that are too long", () => {
  assert.equal(wrapLine("  one two three", 9), ["  one two", "  three"]);
  assert.equal(wrapLine("abcdefghij", 4), ["abcd", "efgh", "ij"]);
  assert.equal(wrapLine("", 4), [""]);
  for (const width of [1, 2, 3, 7]) {
    for (const line of wrapLine(`${" ".repeat(9)}a bb ccc dddd`, width)) assert.ok(line.length <= width, line);
  }
});

test("barText() draws to scale, and every stretch is seen", () => {
  const stretches = [
    { label: "1 ESP", startBytes: 1 << 20, sizeBytes: 1 << 20 },
    { label: "2 ext4 /", startBytes: 1 * GIB, sizeBytes: 2 * GIB },
  ];
  const bar = { label: "", sizeBytes: 4 * GIB, stretches };
  const whole = barText(bar, 4 * GIB, 40, asciiGlyphs);
  assert.match(whole, /^\|1\.+\|2 ext4 \/ *\.+\|$/);
  assert.is(whole.length, 40);
  assert.is(barText(bar, 8 * GIB, 40, asciiGlyphs).length, 20);
  assert.is(whole.indexOf("|2"), 10);
});

test("glyphs: every character takes one column, and none commands the terminal", () => {
  const hostile = "a\x1b[2Jb\u202ec\u{1f600}ü漢\u0301\ud800→…";
  assert.is(asciiGlyphs.shown(hostile), "a?[2Jb?c?u???->...");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
  for (const glyphs of [unicodeGlyphs, consoleGlyphs]) assert.not.match(glyphs.shown(hostile), /[\x00-\x1f\u202e漢]/u);
  assert.match(unicodeGlyphs.shown(hostile), /ü/);
});

test("LineKeeper keeps what a terminal would show: progress once, countdowns as they are", () => {
  const keeper = new LineKeeper();
  keeper.add("» Step\n\r  45 %\r  46 %");
  assert.equal([keeper.lines, keeper.current], [["» Step"], "  46 %"]);
  keeper.add("\r      \r! warned\nab\b");
  assert.equal([keeper.lines, keeper.current, keeper.count], [["» Step", "! warned"], "a", 2]);
  assert.equal(keeper.since(1), ["! warned"]);
});

test("present() says a screen and asks its question plainly where there are no full screens", async () => {
  const said: string[] = [];
  const ask: Ask = {
    menu: async (text, choices, initial) => `${text} ${choices.length} ${initial}`,
    confirm: async () => false,
    line: async (text, options) => `${text} ${options?.check?.("x")}`,
  };
  const screen: Screen = {
    title: "T",
    body: [
      { kind: "table", head: ["a", "b"], rows: [["1", "2"]], plain: ["as before"] },
      { kind: "text", lines: ["more"] },
    ],
    question: { kind: "choice", text: "Which?", choices: [{ key: "k", label: "K" }], initial: "k" },
  };
  assert.is(await present(ask, (line) => said.push(line), screen), "Which? 1 k");
  assert.equal(said, ["as before", "more"]);
  const question = { kind: "line", text: "Name", check: () => "no" } as const;
  assert.is(await present(ask, () => {}, { ...screen, question }), "Name no");
});

test("bodyLines() fits every block into the width", () => {
  const lines = bodyLines(
    [
      { kind: "warning", lines: ["w".repeat(100)] },
      { kind: "table", head: ["a"], rows: [["x".repeat(90)]] },
      { kind: "fixed", lines: ["f".repeat(90)] },
    ],
    50,
    plainGlyphs,
  );
  assert.ok(lines.every(({ text }) => text.length <= 50));
});

test("a table wraps its last column, where that has room, below where it begins", () => {
  const rows = [["/dev/sda", "because it is the only one that is large enough"]];
  const table = { kind: "table", head: ["disk", "why"], rows } as const;
  assert.equal(
    bodyLines([table], 40, plainGlyphs).map(({ text }) => text),
    ["disk      why", "/dev/sda  because it is the only one", "          that is large enough"],
  );
});

test("a blank at which no line breaks is one until it is drawn", () => {
  for (const glyphs of [asciiGlyphs, consoleGlyphs, unicodeGlyphs]) {
    const [first, second = ""] = wrapLine(glyphs.shown("oui, vraiment\u00a0?"), 12);
    assert.is(first, "oui,");
    const [row = []] = frameOf(second, 80, 1);
    assert.is(row.map(({ char }) => char).join(""), "vraiment ?");
  }
});

test("whichUi(): full screens where a terminal can show them and nobody sits elsewhere, or they were asked for", () => {
  const ui = (term: string | undefined, consoles: number, wish?: "full" | "plain") =>
    whichUi({ term, consoles, ...(wish ? { wish } : {}) });
  for (const term of ["linux", "vt220", "xterm-256color", "screen", "tmux-256color"])
    assert.is(ui(term, 1), "full", term);
  for (const term of ["dumb", "emacs", "", undefined])
    assert.equal([ui(term, 1), ui(term, 1, "full")], ["plain", "plain"]);
  assert.equal([ui("linux", 2), ui("linux", 2, "full"), ui("linux", 1, "plain")], ["plain", "full", "plain"]);
});

test("isUtf8() looks at LC_ALL, LC_CTYPE, LANG in this order", () => {
  assert.ok(isUtf8({ LANG: "de_DE.UTF-8" }));
  assert.not(isUtf8({ LC_ALL: "C", LANG: "de_DE.UTF-8" }));
  assert.ok(isUtf8({ LC_ALL: "", LC_CTYPE: "C.utf8" }));
  assert.not(isUtf8({}));
});

test.run();
