/** What `make docs` fills in without the executable is as the program has it now. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { blockNames, fillBlocks, screen } from "../../../docs/make/blocks.ts";
import { pages, repository } from "../../../docs/make/pages.ts";
import { recordedBlocks } from "../../../docs/make/recorded-blocks.ts";
import { renderReference } from "../../../docs/make/reference.ts";

const text = (page: string): string => readFileSync(join(repository, page), "utf8");
const HINT = "run make docs";

test("docs/reference.md has the options, words and statuses of the program", () => {
  assert.ok(text("docs/reference.md") === renderReference(), HINT);
});

test("the blocks of all pages that need no executable are up to date", () => {
  const blocks = recordedBlocks();
  const stale = pages.filter((page) => {
    const before = text(page);
    const own = Object.fromEntries(blockNames(before).map((name) => [name, blocks[name] ?? contentOf(before, name)]));
    return fillBlocks(before, own) !== before;
  });
  assert.equal(stale, [], HINT);
});

/** What a page shows now. */
function contentOf(page: string, name: string): string {
  return new RegExp(`<!-- made: ${name} -->\\n([\\s\\S]*?)<!-- end -->`).exec(page)?.[1] ?? "";
}

/** What a person could choose in a recorded session. */
function choicesIn(session: string): readonly string[] {
  return session.split("\n").flatMap((line) => /^ {3}\d {2}(.+)$/.exec(line)?.[1] ?? []);
}

test("every choice of a menu in a recorded session is one that the program offers", () => {
  const source = [...new Bun.Glob("**/*.ts").scanSync({ cwd: join(repository, "src") })]
    .map((name) => text(`src/${name}`))
    .join("\n");
  const choices = choicesIn(text("docs/screens/restore.txt"));
  assert.ok(choices.length > 10, "no menus are recorded");
  assert.equal(
    choices.filter((choice) => !source.includes(`msg\`${choice}\``)),
    [],
    "run make screens",
  );
});

test("fillBlocks() replaces what stands between the marks, and refuses a block that nothing makes", () => {
  const page = "a\n<!-- made: one -->\nold\n<!-- end -->\nz\n";
  assert.is(fillBlocks(page, { one: screen("new\n") }), page.replace("old", "```console\nnew\n```"));
  assert.throws(() => fillBlocks(page, {}), /nothing makes the block one/);
});

test.run();
