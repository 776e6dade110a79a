/** How files and what they export are called. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSources } from "../support/source-text.ts";

const sources = readSources("src");

test("no file exports a default, and none is called utils, helpers, common or manager", () => {
  const broken = [...sources].filter(
    ([name, text]) => /(^|\/)(utils?|helpers?|common|manager)\.ts$/.test(name) || /^export default/m.test(text),
  );
  assert.equal(
    broken.map(([name]) => name),
    [],
  );
});

test("every file of src has a name of its own", () => {
  const byBase = Map.groupBy(sources.keys(), (name) => name.split("/").at(-1));
  assert.equal(
    [...byBase.values()].filter((names) => names.length > 1),
    [],
  );
});

test.run();
