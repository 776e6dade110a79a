import { test } from "uvu";
import * as assert from "uvu/assert";
import type { BackupResult } from "../../../src/backup/destination/destination.ts";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { statusOf } from "../../../src/backup/run-summary.ts";
import { withoutLost } from "../../../src/backup/snapshot/without-lost.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";

const full = new MondoError("no-space", "the snapshot of / is full", {
  data: { lost: "snapshot", shown: ["/", "/srv"] },
});

/** The modes in which a backup was begun, what was warned of, and how it ended. */
async function runOf(request: Partial<BackupRequest>, failure: unknown, signal = new AbortController().signal) {
  const modes: unknown[] = [];
  const warnings: string[] = [];
  const reporter = { ...silentReporter, warn: (text: string) => void warnings.push(text) };
  const ended = await withoutLost(request as BackupRequest, reporter, signal, async ({ snapshot }) => {
    modes.push(snapshot?.mode);
    if (modes.length === 1) throw failure;
    return { made: [], manifest: { problems: [] } } as unknown as BackupResult;
  }).catch((error: unknown) => error);
  return { modes, warnings, ended };
}

test("a backup whose snapshot got full begins anew without, and says so", async () => {
  const { modes, warnings, ended } = await runOf({ snapshot: { mode: "auto" } }, full);
  assert.equal(modes, ["auto", "no"]);
  assert.equal(warnings, ["the snapshot of / is full. The backup begins anew, and reads everything live"]);
  const { readLive } = ended as BackupResult;
  assert.equal(readLive, ["/", "/srv"]);
  assert.is(statusOf(ended as BackupResult), 3, "nobody takes it for a backup of one moment");
  assert.is(statusOf({ ...(ended as BackupResult), readLive: [] }), 0);
});

test("it fails where snapshots are required, where its beginning is gone, and of any other reason", async () => {
  const other = new MondoError("no-space", "the disk is full");
  const aborted = new AbortController();
  aborted.abort();
  const tape = { kind: "tape", device: "/dev/nst0" } as unknown as BackupRequest["medium"];
  for (const [request, failure, signal] of [
    [{ snapshot: { mode: "require" } }, full],
    [{ snapshot: { mode: "auto" }, medium: tape }, full],
    [{ snapshot: { mode: "auto" } }, other],
    [{ snapshot: { mode: "auto" } }, full, aborted.signal],
  ] as const) {
    const { modes, warnings, ended } = await runOf(request as Partial<BackupRequest>, failure, signal);
    assert.is(modes.length, 1);
    assert.equal(warnings, []);
    assert.is(ended, failure);
  }
});

test.run();
