import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderBashCompletion, renderHelp, renderManPage, renderOverview } from "../../../src/commands/help.ts";
import { keyOf } from "../../../src/commands/spec.ts";
import { commands } from "../../../src/commands/table.ts";

const specs = commands.map((command) => command.spec);

test("every option of every command has one key, and appears in help, manual page and completion", () => {
  const man = renderManPage(specs, "BOOTWORD").replaceAll("\\-", "-");
  const completion = renderBashCompletion(specs);
  for (const spec of specs) {
    const help = renderHelp(spec);
    const keys = spec.options.map(keyOf);
    assert.equal(new Set(keys).size, keys.length, `${spec.name} has an option twice`);
    assert.ok(renderOverview(specs).includes(spec.summary));
    for (const option of spec.options) {
      const name = option.long === undefined ? `-${option.letter}` : `--${option.long}`;
      for (const text of [help, man, completion]) assert.ok(text.includes(name), `${spec.name} ${name}`);
    }
  }
});

test("help stays within 100 columns", () => {
  for (const spec of specs) {
    for (const line of renderHelp(spec)
      .split("\n")
      .filter((l) => !l.includes("Usage")))
      assert.ok(line.length <= 100, line);
  }
});

test.run();
