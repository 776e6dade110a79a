/** The sessions that the documentation shows are what the executable says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { liveBlocks } from "../../docs/make/live-blocks.ts";
import { pages, repository } from "../../docs/make/pages.ts";

test("each session with a small backup, in the page that shows it", () => {
  const texts = pages.map((page) => readFileSync(join(repository, page), "utf8")).join("\n");
  for (const [name, content] of Object.entries(liveBlocks())) {
    assert.ok(texts.includes(`<!-- made: ${name} -->\n${content}\n<!-- end -->`), `${name}: run make docs`);
  }
});

test.run();
