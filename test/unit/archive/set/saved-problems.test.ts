import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Problem } from "../../../../src/archive/entry.ts";
import {
  countProblems,
  describeProblems,
  isIncomplete,
  shownPathBytes,
} from "../../../../src/archive/set/saved-problems.ts";
import { shown } from "../../../../src/archive/tree/paths.ts";
import type { ByteString } from "../../../../src/base/bytes.ts";

const problem = (severity: Problem["severity"], path = "/x"): Problem => ({ path, severity, reason: "r" });

test("problems of the backup are counted, and said in one sentence", () => {
  const counts = countProblems([problem("lost"), problem("changed"), problem("changed"), problem("note")]);
  assert.equal(counts, { lost: 1, changed: 2, notes: 1 });
  assert.ok(isIncomplete(counts));
  assert.is(
    describeProblems(counts, "see the list"),
    "When this backup was made, it had problems with 4 files (1 lost, 2 saved, but not as they were, 1 note); see the list",
  );
});

test("notes are said, but don't make a backup incomplete; nothing is said of none", () => {
  const notes = countProblems([problem("note"), problem("note")]);
  assert.not.ok(isIncomplete(notes));
  assert.match(describeProblems(notes, "l") ?? "", /problems with 2 files \(2 notes\); l$/);
  assert.is(describeProblems(countProblems([]), "l"), undefined);
});

test("the path of a problem is found again among names of bytes", () => {
  for (const path of ["a/b", "", "a\xff\xfe/c", "new\nline", "\xc3\xa4 umlaut"] as ByteString[]) {
    assert.is(shownPathBytes(shown(path)), path);
  }
});

test.run();
