import { test } from "uvu";
import * as assert from "uvu/assert";
import { tellIn } from "../../../src/base/message.ts";
import { completedCommands } from "../../../src/commands/help/completed-command.ts";
import { completions } from "../../../src/commands/help/completion.ts";
import { renderManPage } from "../../../src/commands/help/man-page.ts";
import { helpWidth, renderHelp, renderOverview } from "../../../src/commands/help/render-help.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { keyOf } from "../../../src/commands/spec.ts";
import { commands } from "../../../src/commands/table.ts";
import { renderBootWords } from "../../../src/init/words/boot-words.ts";
import { renderAnswersHelp } from "../../../src/restore/answers-help.ts";
import { renderRescueHelp, rescueEntries } from "../../../src/restore/rescue-help.ts";

test.after.each(() => tellIn(undefined));

const specs = commands.map((command) => command.spec);

/** Text in one line, so that words are found wherever lines break. */
const unwrapped = (text: string) => text.replace(/\s+/g, " ");

test("every option of every command has one key, and appears in help, manual page and completion", () => {
  const man = renderManPage(specs, "BOOTWORD").replaceAll("\\-", "-");
  const scripts = Object.values(completions).map((render) => render(completedCommands(specs)));
  for (const spec of specs) {
    const help = renderHelp(spec, 80);
    const keys = spec.options.map(keyOf);
    assert.equal(new Set(keys).size, keys.length, `${spec.name} has an option twice`);
    assert.ok(unwrapped(renderOverview(specs, 80)).includes(spec.summary));
    for (const option of spec.options) {
      const name = option.long === undefined ? `-${option.letter}` : `--${option.long}`;
      for (const text of [help, man]) assert.ok(text.includes(name), `${spec.name} ${name}`);
      for (const text of scripts) assert.ok(text.includes(option.long ?? `${option.letter}`), `${spec.name} ${name}`);
    }
  }
});

for (const columns of [40, 80, 200]) {
  test(`help fits a terminal of ${columns} columns, but for command lines and JSON to copy`, () => {
    const width = helpWidth(columns);
    const texts = [renderOverview(specs, width), renderBootWords(width), renderAnswersHelp(width)];
    const copied = new Set(specs.flatMap((spec) => spec.examples ?? []).map(({ line }) => `  ${line}`));
    for (const text of [...texts, ...specs.map((spec) => renderHelp(spec, width))]) {
      for (const line of text.split("\n")) {
        // A word alone, after what it is a value of, can't be broken.
        const breakable = line.trim().split(" ").length > 2;
        assert.ok(line.length <= width || copied.has(line) || !breakable, `${line.length}: ${line}`);
      }
    }
  });
}

test("usage lines stand below each other, however long the word before them is", () => {
  const spec = specs.find(({ name }) => name === "archive");
  if (!spec) throw new Error("no archive");
  for (const word of ["Usage:", "Usage\u00a0:", "Wie man es aufruft:"]) {
    tellIn({ language: "fr", texts: { "Usage:": word } });
    const [first = "", ...others] = (renderHelp(spec, 60).split("\n\n")[0] ?? "").split("\n");
    assert.ok(first.startsWith(`${word} mondo archive `), first);
    for (const line of others) {
      const column = word.length + (/^ +mondoarchive /.test(line) ? 1 : 3);
      assert.is(line.search(/\S/), column, line);
      assert.ok(line.length <= 60, line);
    }
  }
});

test("help is never wider than what is easy to read", () => {
  assert.is(helpWidth(300), 100);
  assert.is(helpWidth(80), 80);
  assert.is(helpWidth(10), 40);
});

test("each line of the page for a shell in the rescue is one that the program takes", () => {
  const ours = rescueEntries.filter(([typed]) => typed.startsWith("mondo "));
  assert.ok(ours.length > 6);
  for (const [typed] of ours) {
    const [, name = "", ...rest] = typed.split(" ");
    const command = commands.find(({ spec }) => spec.name === name);
    assert.ok(command, typed);
    parseWords(command.spec, rest);
  }
  const page = renderRescueHelp(80).split("\n");
  assert.ok(page.every((line) => line.length <= 80));
  // It fits a screen or so: whoever reads it at 3 a.m. has no patience.
  assert.ok(page.length <= 45, `${page.length} lines`);
  for (const word of ["chroot", "--mount-only", "--files", "--edit", "--loader-only", "ip address", "init.log"]) {
    assert.ok(
      page.some((line) => line.includes(word)),
      word,
    );
  }
});

test.run();
