import { test } from "uvu";
import * as assert from "uvu/assert";
import { tomlKeys, tomlPath } from "../../../../src/commands/config/toml-keys.ts";

const text = `# a comment = 1
top = "x # no comment"
[jobs.nightly] # here
  exclude = [ "/a]", '/b', # one
    "/c" ]
  keep = { last = 2, "dai.ly" = 7 }
  when = 1979-05-27 07:32:00
  text = """
[no.table]
key = "no key"
"""
  after.all = true
[[list]]
x = 1
[[list]]
x = [{ y = 2 }]
["a b".c]
`;

test("tomlKeys() finds every key where it stands, and nothing in strings and comments", () => {
  const found = [...tomlKeys(text)].map(([path, { line, column }]) => `${path} ${line}:${column}`);
  const expected: readonly (readonly [(string | number)[], string])[] = [
    [["top"], "2:1"],
    [["jobs"], "3:2"],
    [["jobs", "nightly"], "3:7"],
    [["jobs", "nightly", "exclude"], "4:3"],
    [["jobs", "nightly", "exclude", 0], "4:15"],
    [["jobs", "nightly", "exclude", 1], "4:22"],
    [["jobs", "nightly", "exclude", 2], "5:5"],
    [["jobs", "nightly", "keep"], "6:3"],
    [["jobs", "nightly", "keep", "last"], "6:12"],
    [["jobs", "nightly", "keep", "dai.ly"], "6:22"],
    [["jobs", "nightly", "when"], "7:3"],
    [["jobs", "nightly", "text"], "8:3"],
    [["jobs", "nightly", "after"], "12:3"],
    [["jobs", "nightly", "after", "all"], "12:9"],
    [["list"], "13:3"],
    [["list", 0, "x"], "14:1"],
    [["list", 1, "x"], "16:1"],
    [["list", 1, "x", 0], "16:6"],
    [["list", 1, "x", 0, "y"], "16:8"],
    [["a b"], "17:2"],
    [["a b", "c"], "17:8"],
  ];
  assert.equal(
    found,
    expected.map(([path, place]) => `${tomlPath(path)} ${place}`),
  );
});

test.run();
