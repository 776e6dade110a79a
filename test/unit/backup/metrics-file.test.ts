import { test } from "uvu";
import * as assert from "uvu/assert";
import { journalFields } from "../../../src/backup/journal-entry.ts";
import { parseMetrics, renderMetrics, withRun } from "../../../src/backup/metrics-file.ts";
import type { RunSummary } from "../../../src/backup/run-summary.ts";

const run: RunSummary = {
  ...{ command: "archive", ok: true, status: 0, started: 1_800_000_000, seconds: 12.5, host: "web1", prefix: "web1" },
  ...{ level: 0, set: "0d5d", places: ["/b/web1-1.iso"], bytes: 1000, entries: 5, contentBytes: 4000 },
  problems: { lost: 1, changed: 2, notes: 9 },
  readLive: ["/", "/srv"],
};
const failed: RunSummary = {
  ...run,
  ...{ ok: false, status: 1, started: 1_800_086_400, bytes: 0, entries: 0, error: { code: "no-space", text: "full" } },
};

test("a failure leaves what the last success said, and tells itself; other jobs stay", () => {
  const first = withRun(new Map(), "nightly", run);
  const text = renderMetrics(withRun(withRun(first, 'odd "job"\\\n', run), "nightly", failed));
  assert.match(text, /^mondo_backup_last_success_timestamp_seconds\{job="nightly"\} 1800000000$/m);
  assert.match(text, /^mondo_backup_last_run_timestamp_seconds\{job="nightly"\} 1800086400$/m);
  assert.match(text, /^mondo_backup_last_run_status\{job="nightly"\} 1$/m);
  assert.match(text, /^mondo_backup_size_bytes\{job="nightly"\} 1000$/m);
  assert.match(text, /^mondo_backup_problems\{job="nightly"\} 3$/m);
  assert.match(text, /^mondo_backup_lost_snapshots\{job="nightly"\} 2$/m);
  assert.match(text, /^mondo_backup_entries\{job="odd \\"job\\"\\\\\\n"\} 5$/m);
  assert.match(text, /\n# EOF\n$/);
  assert.is(renderMetrics(parseMetrics(text)), text);
});

test("what is not ours in the file is dropped, however odd", () => {
  const odd =
    'x{job="a"} 1\nmondo_backup_entries{job="a"} NaN\nmondo_backup_toString{job="a"} 1\nmondo_backup_entries 3\n';
  assert.is(renderMetrics(parseMetrics(odd)), "# EOF\n");
});

test("the journal's fields tell success, problems and failure apart", () => {
  const { PRIORITY, MESSAGE, MESSAGE_ID } = journalFields(run);
  assert.equal([PRIORITY, MESSAGE], ["5", "backup web1 of web1 is made, in 12.5 s"]);
  assert.match(journalFields({ ...run, status: 3 }).PRIORITY ?? "", /^4$/);
  assert.is(journalFields(run).MONDO_READ_LIVE, "/ /srv");
  const fields = journalFields({ ...failed, job: "nightly" });
  assert.is(fields.PRIORITY, "3");
  assert.is(fields.MESSAGE, "backup nightly of web1 failed: full");
  assert.is(fields.MONDO_ERROR, "no-space");
  assert.not.equal(fields.MESSAGE_ID, MESSAGE_ID);
});

test.run();
