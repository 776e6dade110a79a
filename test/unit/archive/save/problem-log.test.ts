import { test } from "uvu";
import * as assert from "uvu/assert";
import { ProblemLog } from "../../../../src/archive/save/problem-log.ts";
import { MOST_MANIFEST_BYTES } from "../../../../src/archive/set/read-manifest.ts";
import { countProblems, problemsOf } from "../../../../src/archive/set/saved-problems.ts";
import { silentReporter } from "../../../../src/base/report.ts";

test("however many there are, a manifest can name them, and each severity stays", () => {
  const lines: string[] = [];
  const log = new ProblemLog({ ...silentReporter, log: (text) => void lines.push(text) });
  const deep = "/d\u00e4".repeat(2000);
  for (let at = 0; at < 20_000; at++) {
    log.note({ path: `${deep}/${at}`, severity: "note", reason: "sealed" });
    if (at % 4 === 0) log.note({ path: `${deep}/lost-${at}`, severity: "lost", reason: "input/output error" });
  }
  log.note({ path: "/etc/one", severity: "changed", reason: "it grew" });
  assert.ok(Buffer.byteLength(JSON.stringify(log.all)) < MOST_MANIFEST_BYTES / 2);
  assert.is(lines.length, 25_001, "the log has each");
  const { lost, changed, notes } = countProblems(log.all);
  assert.ok(lost > 1000 && lost < 5000 && notes > 100 && notes < 5000);
  assert.is(changed, 1);
  const more = log.all.filter(({ path }) => path === "/").map(({ severity, reason }) => `${severity}: ${reason}`);
  assert.equal(more, [
    `lost: ${5000 - (lost - 1)} more files below it, which only the log of the backup names`,
    `note: ${20_000 - (notes - 1)} more files below it, which only the log of the backup names`,
  ]);
});

test("what has no room concerns whatever is chosen; what is wrong with the root alone concerns the root", () => {
  const log = new ProblemLog(silentReporter);
  const root = { path: "/", severity: "changed", reason: "its attributes can't be read" } as const;
  log.note(root);
  const ofEtc = () => problemsOf(log.all, ({ path }) => path.startsWith("etc"));
  assert.equal(ofEtc(), []);
  assert.equal(
    problemsOf(log.all, ({ path }) => path === ""),
    [root],
  );
  const deep = "/d".repeat(2000);
  for (let at = 0; at < 5000; at++) log.note({ path: `${deep}/${at}`, severity: "lost", reason: "gone" });
  assert.match(ofEtc()[0]?.reason ?? "", /more files? below it/);
  assert.is(ofEtc().length, 1);
});

test.run();
