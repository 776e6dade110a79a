import { test } from "uvu";
import * as assert from "uvu/assert";
import { asciiGlyphs } from "../../../../src/ui/screens/glyphs.ts";
import type { Screen } from "../../../../src/ui/screens/screen.ts";
import type { ScreenKey } from "../../../../src/ui/screens/screen-keys.ts";
import { firstState, pressKey, type Step } from "../../../../src/ui/screens/screen-state.ts";
import { viewOfScreen } from "../../../../src/ui/screens/view.ts";

const size = { columns: 80, rows: 24 };
const around = { log: ["one", "two"], hasShell: true };
const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
const choices = Array.from({ length: 12 }, (_, at) => ({ key: `k${at + 1}`, label: `Choice ${at + 1}` }));
const list: Screen = {
  title: "A list",
  body: [{ kind: "fixed", lines }],
  question: { kind: "choice", text: "Which?", choices, initial: "k3" },
};
const field = (more: object = {}): Screen => ({
  title: "A line",
  body: [],
  question: { kind: "line", text: "Name", check: (line) => (line === "sda" ? undefined : "No."), ...more },
});

/** Presses keys in turn, on what is seen then. */
function press(screen: Screen, ...keys: readonly ScreenKey[]): Step {
  let step: Step = { state: firstState(screen) };
  for (const key of keys) {
    const { extent } = viewOfScreen(screen, step.state, around, asciiGlyphs, size);
    step = pressKey(screen, step.state, key, extent);
  }
  return step;
}
const seen = (screen: Screen, ...keys: readonly ScreenKey[]) =>
  viewOfScreen(screen, press(screen, ...keys).state, around, asciiGlyphs, size);
const typed = (text: string): ScreenKey[] => [...text].map((char) => ({ char }));

test("choices: arrows, numbers, Home and End select, Enter answers", () => {
  assert.is(press(list, "enter").answer, "k3");
  assert.is(press(list, "down", "down", "up", "enter").answer, "k4");
  assert.is(press(list, ...typed("12"), "enter").answer, "k12");
  assert.is(press(list, ...typed("99"), "enter").answer, "k9");
  assert.is(press(list, "end", "down", "enter").answer, "k12");
  assert.is(press(list, "home", "up", "enter").answer, "k1");
});

test("choices: without a default, the last one is selected", () => {
  const { initial: _, ...question } = list.question;
  assert.is(press({ ...list, question } as Screen, "enter").answer, "k12");
});

test("the body pages, and stops at both ends", () => {
  assert.match(seen(list).where, /^1-\d+ of 100/);
  assert.is(seen(list, ...Array(50).fill("page-down")).body.at(-1)?.text, "line 99");
  assert.is(seen(list, ...Array(50).fill("page-down"), ...Array(50).fill("page-up")).body[0]?.text, "line 0");
});

test("a line is typed, taken back and checked; a secret is not shown", () => {
  const wrong = press(field(), ...typed("sdb"), "enter");
  assert.equal([wrong.answer, wrong.state.complaint], [undefined, "No."]);
  assert.is(press(field(), ...typed("sdb"), "enter", "backspace", ...typed("a"), "enter").answer, "sda");
  assert.is(press(field(), ...typed("xyz"), "clear", ...typed("sda"), "enter").answer, "sda");
  assert.is(press(field({ initial: "sda" }), "enter").answer, "sda");
  const secret = seen(field({ secret: true }), ...typed("geheim"));
  assert.match(secret.field ?? "", /\*{6}/);
  assert.not.match(JSON.stringify(secret), /geheim/);
});

test("where something is typed, letters are letters; elsewhere they are keys", () => {
  assert.is(press(field(), ...typed("ls?")).state.typed, "ls?");
  assert.is(press(list, { char: "?" }).state.panel, "help");
  assert.is(press(list, { char: "l" }).state.panel, "log");
  assert.is(press(list, { char: "s" }).wish, "shell");
});

test("Escape goes back: from the help to the screen, from the screen without an answer", () => {
  const back = press(list, "help", "escape");
  assert.equal([back.state.panel, back.wish], [undefined, undefined]);
  assert.is(press(list, "escape").wish, "cancel");
  assert.is(press(field(), "cancel").wish, "cancel");
});

test("the help of a screen says what every key does; the log begins at its end", () => {
  const help = seen({ ...list, help: ["About this list."] }, "help").body.map(({ text }) => text);
  assert.is(help[0], "About this list.");
  for (const word of ["Esc", "F1", "F2", "F3", "PgUp", "^L"]) assert.ok(help.join("\n").includes(word), word);
  const log = viewOfScreen(list, press(list, "log").state, { log: lines, hasShell: false }, asciiGlyphs, size);
  assert.is(log.body.at(-1)?.text, "line 99");
});

test("every screen fits, whatever the size, and names its keys", () => {
  for (const rows of [12, 24, 50]) {
    for (const columns of [40, 80, 200]) {
      const view = viewOfScreen(list, firstState(list), around, asciiGlyphs, { columns, rows });
      assert.is(view.body.length + view.choices.length, rows - 5, `${columns}×${rows}`);
      assert.ok(view.body.every(({ text }) => text.length < columns));
      assert.match(view.keys, /^Up Down Enter {2}Esc back/);
    }
  }
});

test.run();
