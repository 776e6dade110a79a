import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { parseWords } from "../../../src/commands/parse.ts";

const wish = (...words: string[]) =>
  decodeArchiveOptions(parseWords(archiveSpec, ["-d", "/srv/backup", ...words]), false).snapshot;

test("snapshots are made where they can be, unless something else is said", () => {
  assert.equal(wish(), { mode: "auto" });
  assert.equal(wish("--snapshot", "no"), { mode: "no" });
  assert.equal(wish("--snapshot", "require", "--snapshot-size", "20%"), { mode: "require", size: { share: 0.2 } });
  assert.equal(wish("--snapshot-size", "4g"), { mode: "auto", size: { bytes: 4 * 2 ** 30 } });
});

test("what makes no sense is refused", () => {
  const refused = (pattern: RegExp, ...words: string[]) => assert.throws(() => wish(...words), pattern);
  refused(/--snapshot yes is unknown/, "--snapshot", "yes");
  refused(/--snapshot no and --snapshot-size contradict each other/, "--snapshot", "no", "--snapshot-size", "1g");
  refused(/--snapshot require and --root contradict each other/, "--snapshot", "require", "--root", "/srv");
  for (const size of ["0%", "101%", "1k", "much", "20 %"]) refused(/is not a size/, "--snapshot-size", size);
});

test.run();
