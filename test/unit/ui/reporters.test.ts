import { test } from "uvu";
import * as assert from "uvu/assert";
import { jsonReporter, plainReporter, terminalReporter } from "../../../src/ui/reporters.ts";

/** A renderer's output, and a clock that is moved by hand. */
function screen() {
  const state = { text: "", now: 0 };
  const output = {
    write(text: string) {
      state.text += text;
    },
    nowMs: () => state.now,
    columns: 80,
  };
  return { state, output };
}
const at = (done: number) => ({ label: "restore", done, total: 100, unit: "entries" as const });

test("terminalReporter() rewrites one line, and ends it once when the work is complete", () => {
  const { state, output } = screen();
  const reporter = terminalReporter(output);
  for (const done of [0, 50, 100, 100, 100]) {
    state.now += 1000;
    reporter.progress(at(done));
  }
  assert.is(state.text.split("\n").length, 2);
  assert.match(state.text, /\r {2}restore 100 % {2}100 entries of 100 entries/);
  reporter.step("Again");
  reporter.progress(at(100));
  assert.is(state.text.split("100 %").length, 3, "a new step starts anew");
});

test("terminalReporter() clears the progress line before another line", () => {
  const { state, output } = screen();
  const reporter = terminalReporter(output);
  state.now = 1000;
  reporter.progress(at(10));
  reporter.warn("look");
  assert.match(state.text, /\r {2,}\r! look\n$/);
});

test("plainReporter() writes at most a line for each tenth", () => {
  const { state, output } = screen();
  const reporter = plainReporter(output);
  for (let done = 0; done <= 100; done += 1) {
    state.now += 10;
    reporter.progress(at(done));
  }
  assert.is(state.text.trim().split("\n").length, 10);
});

test("jsonReporter() writes one object a line", () => {
  const { state, output } = screen();
  const reporter = jsonReporter(output);
  reporter.step("Begin");
  reporter.warn('a "quoted" thing');
  const lines = state.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; text: string });
  assert.equal(
    lines.map(({ event, text }) => [event, text]),
    [
      ["step", "Begin"],
      ["warning", 'a "quoted" thing'],
    ],
  );
});

test("jsonReporter() tells progress twice a second with the seconds left, and its end once", () => {
  const { state, output } = screen();
  const reporter = jsonReporter(output);
  for (let done = 0; done <= 100; done++, state.now += 100) reporter.progress(at(done));
  reporter.progress(at(100));
  const lines = state.text.trim().split("\n");
  const told = lines.map((line) => JSON.parse(line) as { done: number; total: number; secondsLeft?: number });
  assert.equal(
    told.map(({ done }) => done),
    Array.from({ length: 21 }, (_, i) => i * 5),
  );
  assert.is(told[0]?.secondsLeft, undefined);
  assert.is(told[10]?.secondsLeft, 5);
  assert.is(told.at(-1)?.secondsLeft, 0);
});

test("jsonReporter() of work without a total tells it no more often", () => {
  const { state, output } = screen();
  const reporter = jsonReporter(output);
  for (let done = 0; done < 100; done++, state.now += 100) reporter.progress({ ...at(done), total: 0 });
  assert.is(state.text.trim().split("\n").length, 20);
  assert.not.match(state.text, /secondsLeft/);
});

test("no reporter lets an escape sequence through", () => {
  const hostile = "disk \x1b[2J\u009b\u202e";
  for (const make of [terminalReporter, plainReporter, jsonReporter]) {
    const { state, output } = screen();
    const reporter = make(output);
    reporter.step(hostile);
    reporter.info(hostile);
    reporter.warn(hostile);
    state.now = 60_000;
    reporter.progress({ ...at(50), label: hostile });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
    assert.not.match(state.text, /[\x1b\u009b\u202e]/, make.name);
    assert.ok(state.text.split("\\u001b[2J").length >= 4, make.name);
  }
});

test.run();
