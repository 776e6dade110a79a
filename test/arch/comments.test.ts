/** Comments fit the screen, and what is exported says what it guarantees. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { longComments, undocumented } from "../support/source-rules.ts";
import { readSources } from "../support/source-text.ts";

const [src, tests] = [readSources("src"), readSources("test")];

/** Share of exported declarations that have a comment of their own; the others say it all by their name and type. */
const DOCUMENTED = 0.95;

test("no line of comment is longer than 120 columns", () => {
  assert.equal([...longComments(src), ...longComments(tests)], []);
});

test("no file has the marks of an unfinished merge", () => {
  const marked = [...src, ...tests].filter(([, text]) => /^(<{7} |>{7} )/m.test(text));
  assert.equal(
    marked.map(([name]) => name),
    [],
  );
});

test("at least 95 % of what is exported has a comment", () => {
  const { exported, bare } = undocumented(src);
  assert.ok(1 - bare.length / exported >= DOCUMENTED, `${bare.length} of ${exported} have none:\n${bare.join("\n")}`);
});

test.run();
