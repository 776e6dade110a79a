import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Difference } from "../../../../src/archive/compare/difference.ts";
import { describeDifferences, warnOfDifferences } from "../../../../src/archive/compare/difference-report.ts";
import { silentReporter } from "../../../../src/base/report.ts";

const missing = (path: string, severity: Difference["severity"]): Difference => ({
  ...{ path, what: "missing", severity, detail: "" },
});

test("differences are counted by severity, each with its meaning", () => {
  assert.is(describeDifferences([]), "No differences");
  assert.is(
    describeDifferences([missing("/a", 1), missing("/b", 3), missing("/c", 3)]),
    "3 differences: 2 that should not be [3], 0 worth a look [2], 1 to be expected [1]",
  );
});

test("a screen gets those that matter most, the log gets all", () => {
  const [warned, logged]: [string[], string[]] = [[], []];
  const reporter = {
    ...silentReporter,
    warn: (text: string) => void warned.push(text),
    log: (text: string) => void logged.push(text),
  };
  const many = Array.from({ length: 1195 }, (_, index) => missing(`/var/${index}`, 2));
  warnOfDifferences(reporter, [...many, missing("/etc/fstab", 3)], "/l");
  assert.is(warned.length, 21);
  assert.is(warned[0], "[3] /etc/fstab: missing");
  assert.is(warned[20], "… and 1176 more; all are in /l");
  assert.is(logged.length, 1176);
});

test.run();
