import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { askOn, confirmPrompt, menuPrompt, reduceKey } from "../../../src/ui/ask.ts";
import { decodeKeys } from "../../../src/ui/keys.ts";

const encode = (text: string) => new TextEncoder().encode(text);

test("decodeKeys() knows characters, Enter, Backspace, ^U and ^C", () => {
  assert.equal(decodeKeys(encode("aé\r\x7f\x08\x15\x03")), [
    { char: "a" },
    { char: "é" },
    "enter",
    "backspace",
    "backspace",
    "clear",
    "cancel",
  ]);
});

test("decodeKeys() drops NUL, escape sequences and broken UTF-8, and takes CR LF for one Enter", () => {
  assert.equal(decodeKeys(encode("\x00\x1b[A\x1b[3~\x1bOPx\r\n")), [{ char: "x" }, "enter"]);
  assert.equal(decodeKeys(new Uint8Array([0xff, 0xfe, 49])), [{ char: "1" }]);
});

test("reduceKey() erases what it echoed, and echoes no secret", () => {
  assert.equal(reduceKey("ab", "backspace", false), { typed: "a", echo: "\b \b" });
  assert.equal(reduceKey("", "backspace", false), { typed: "", echo: "" });
  assert.equal(reduceKey("ab", "clear", false), { typed: "", echo: "\b \b\b \b" });
  assert.equal(reduceKey("a", { char: "b" }, true), { typed: "ab", echo: "" });
});

const choices = [
  { key: "one", label: "First" },
  { key: "two", label: "Second" },
];

test("menuPrompt() accepts number and key, and nothing else", () => {
  const { accept, initial } = menuPrompt("?", choices, "two");
  assert.is(initial, "2");
  assert.equal(accept("1"), { answer: "one" });
  assert.equal(accept(" two "), { answer: "two" });
  for (const wrong of ["0", "3", "1x", "-1", "1.0", ""]) assert.ok("complaint" in accept(wrong), wrong);
});

test("confirmPrompt() takes yes and no only", () => {
  const { accept } = confirmPrompt("Sure?");
  assert.equal([accept("YES"), accept("n")], [{ answer: true }, { answer: false }]);
  assert.ok("complaint" in accept("maybe"));
  assert.ok("complaint" in accept(""));
});

/** A terminal whose keys are typed by the test. */
function fakeTerminal() {
  let shown = "";
  const listeners = new Set<(bytes: Uint8Array) => void>();
  return {
    write: (text: string) => {
      shown += text;
    },
    onKeys(listener: (bytes: Uint8Array) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    type(text: string) {
      for (const listener of [...listeners]) listener(encode(text));
    },
    shown: () => shown,
    listening: () => listeners.size,
  };
}

test("menu() asks again after a wrong answer, and takes the default for an empty line", async () => {
  const terminal = fakeTerminal();
  const answer = askOn(terminal).menu("What?", choices, "two");
  terminal.type("9\r");
  assert.match(terminal.shown(), /Please type a number from 1 to 2/);
  terminal.type("\r");
  assert.is(await answer, "two");
  assert.is(terminal.listening(), 0);
});

test("line() is ended by ^C with a cancelled error", async () => {
  const terminal = fakeTerminal();
  const answer = askOn(terminal).line("Name");
  terminal.type("abc\x03");
  const error = await answer.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof MondoError);
  assert.is((error as MondoError).code, "cancelled");
  assert.is(terminal.listening(), 0);
});

test("line() shows a complaint of its check, and gives what was typed in pieces", async () => {
  const terminal = fakeTerminal();
  const answer = askOn(terminal).line("Size", { check: (text) => (text === "5" ? undefined : "Five, please.") });
  terminal.type("4\r");
  terminal.type("55");
  terminal.type("\x7f\r");
  assert.is(await answer, "5");
  assert.match(terminal.shown(), /Five, please\./);
});

test("a question without a default does not take an empty line for yes", async () => {
  const terminal = fakeTerminal();
  const answer = askOn(terminal).confirm("Erase everything?");
  terminal.type("\r\r\r");
  assert.match(terminal.shown(), /Please type yes or no/);
  terminal.type("no\r");
  assert.is(await answer, false);
});

test.run();
