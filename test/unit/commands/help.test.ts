import { test } from "uvu";
import * as assert from "uvu/assert";
import { completedCommands } from "../../../src/commands/help/completed-command.ts";
import { completions } from "../../../src/commands/help/completion.ts";
import { renderManPage } from "../../../src/commands/help/man-page.ts";
import { helpWidth, renderHelp, renderOverview } from "../../../src/commands/help/render-help.ts";
import { keyOf } from "../../../src/commands/spec.ts";
import { commands } from "../../../src/commands/table.ts";
import { renderBootWords } from "../../../src/init/words/boot-words.ts";
import { renderAnswersHelp } from "../../../src/restore/answers-help.ts";

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

test("help is never wider than what is easy to read", () => {
  assert.is(helpWidth(300), 100);
  assert.is(helpWidth(80), 80);
  assert.is(helpWidth(10), 40);
});

test.run();
