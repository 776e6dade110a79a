import { suite } from "uvu";
import * as assert from "uvu/assert";
import { notFound } from "../../../../src/init/medium/find-medium.ts";

const test = suite("find-medium");

test("notFound() says of several backups that none was named, and how to name one", () => {
  const error = notFound(undefined, true, ["  web1, 2026-11-30 08:15 UTC (sda1:/web1): mondo.set=7f1b6f0e"]);
  assert.is(error.code, "not-found");
  assert.match(error.message, /^several backups were found, and nothing says which one is meant:\n {2}web1, /);
  assert.match(error.hint ?? "", /mondo\.set=/);
});

test("notFound() says what was looked for, and where", () => {
  assert.is(
    notFound(undefined, false, ["  sr0: its tray is open"]).message,
    "no backup set was found:\n  sr0: its tray is open",
  );
  assert.match(notFound("7f1b6f0e", false, []).message, /^no medium with the backup set 7f1b6f0e was found:/);
});

test.run();
