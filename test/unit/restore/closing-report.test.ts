import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import { comparisonReport, type ReportAbout, restoreReport } from "../../../src/restore/closing-report.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { lookAtDisks, prepareRestore } from "../../../src/restore/prepare.ts";
import { cachedLayout } from "../../support/cached-layout.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

const GIB = 1 << 30;

/** A restore of a machine of two disks. */
async function about(more: Partial<ReportAbout>): Promise<string> {
  const host = {
    ...fakeHost({
      files: blankDisks({ vda: 12 * GIB, vdb: 2 * GIB }),
      run: async () => ({ code: 0, stdout: "", stderr: "" }),
    }),
    which: (tool: string) => `/sbin/${tool}`,
  };
  const manifest = {
    set: "7f1b6f0e",
    layout: cachedLayout(),
    created: 1_764_459_300,
    host: { name: "web1", os: "Debian 12" },
  };
  const context = {
    ...{ host, reporter: silentReporter, carriers: [], root: "/mnt/restore", firmware: "bios" },
    manifest: { ...manifest, entries: 7, contentBytes: 1 << 20 },
  } as unknown as RestoreContext;
  const ready = prepareRestore(context, await lookAtDisks(context));
  const times = { began: 1_764_460_000_000, ended: 1_764_460_900_000 };
  return restoreReport({ context, ready, ...times, found: [], unsaved: [], ...more });
}

test("the report of a whole restore names set, times, disks, and what to do", async () => {
  const text = await about({});
  assert.match(
    text,
    /^Restore of web1\n\nBackup of web1 \(Debian 12\), 2025-11-29 23:35 UTC: 7 entries, 1\.0 MiB\nSet 7f1b6f0e\n/,
  );
  assert.match(
    text,
    /\nBegun 2025-11-29 23:46 UTC, ended 2025-11-30 00:01 UTC\nFiles, layout and boot chain were checked and are as in the backup\.\n/,
  );
  assert.match(
    text,
    /\nThe disks\n {2}ERASED: \/dev\/vda, 12\.0 GiB.*; before: nothing that is known\n.*becomes \/dev\/sda.* of web1/,
  );
  assert.match(text, /\nWhat to do now\n {2}Take the medium out.*\n {2}Log in/);
  assert.not.match(text, /Not as in the backup, the|could not be saved/);
});

test("what a copy stood in for is told in a whole restore, too", async () => {
  const text = await about({ elsewhere: ["volume-0002 is damaged: that on nas:/b is used instead"] });
  assert.match(text, /\nFiles, layout and boot chain were checked and are as in the backup\.\n/);
  assert.match(
    text,
    /\n\nDamaged or away where the backup lies, and read from a copy\n {2}volume-0002 is damaged: that on nas:\/b is used instead\n\nWhat to do now\n/,
  );
});

test("what was found comes first, as it was ordered, and what the backup lacks is told apart", async () => {
  const text = await about({
    found: ["/etc/b: lost", "GRUB: not installed"],
    unsaved: ["/var/x: changed while it was read"],
  });
  assert.match(text, /\nRestored; 2 things are not as in the backup\.\n/);
  assert.match(text, /\nNot as in the backup, the most important first\n {2}\/etc\/b: lost\n {2}GRUB: not installed\n/);
  assert.match(text, /\nNot in the backup, for it could not be saved\n {2}\/var\/x: changed while it was read\n/);
  assert.match(text, /\nWhat to do now\n {2}Read what is listed above/);
});

test("the report of a comparison has the most severe differences first", () => {
  const manifest = { set: "s", created: 0, host: { name: "web1", os: "Debian" }, entries: 1, contentBytes: 1 };
  const text = comparisonReport({ manifest } as unknown as RestoreContext, [
    { path: "/var/log/x", severity: 1, what: "content", detail: "" },
    { path: "/etc/passwd", severity: 3, what: "mode", detail: "in the backup 0644, on the disk 0600" },
  ]);
  assert.match(
    text,
    /\n2 differences: 1 that should not be \[3\].*\n {2}\[3\] \/etc\/passwd: mode \(in the backup 0644, on the disk 0600\)\n {2}\[1\] \/var\/log\/x: content\n$/,
  );
});

test.run();
