import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Difference } from "../../../src/archive/compare/difference.ts";
import type { Problem } from "../../../src/archive/entry.ts";
import type { Layout } from "../../../src/layout/types.ts";
import { firstCause, newFindings, type RestoreFindings, reportLines } from "../../../src/restore/restore-report.ts";

const mount = (path: string) => ({ kind: "mount", id: `mount:${path}`, of: "fs", path, options: "rw" });
const layout = { version: 1, nodes: ["/", "/data", "/data/deep"].map(mount) } as unknown as Layout;

const lost = (path: string, reason: string): Problem => ({ path, severity: "lost", reason });
const missing = (path: string): Difference => ({ path, what: "missing", severity: 3, detail: "" });
const findings = (some: Partial<RestoreFindings>): RestoreFindings => ({
  ...newFindings(),
  ...some,
});

test("a disk that filled up is the first cause, with its mount point and how far the restore came", () => {
  const problems = [lost("/etc/x", "input/output error"), lost("/data/deep/a", "no space left"), lost("/data/b", "x")];
  assert.equal(firstCause({ entries: 41, damagedFiles: 0, problems }, layout), {
    text: "no space left on /data/deep after 41 entries: 3 files could not be restored",
    isFull: true,
  });
});

test("without a full disk, the first file that is lost is the cause; attributes are none", () => {
  const unset: Problem = { path: "/a", severity: "changed", reason: "its owner can't be set: x" };
  const found = firstCause(
    { entries: 1, damagedFiles: 0, problems: [unset, lost("/b", "its content does not match")] },
    layout,
  );
  assert.is(found?.text, "1 file could not be restored, the first of them /b: its content does not match");
  assert.is(firstCause({ entries: 1, damagedFiles: 0, problems: [unset] }, layout), undefined);
});

test("files that the backup has lost are the cause before all else, and told as that", () => {
  const problems = [lost("/b", "its content does not match its checksum"), lost("/c", "x")];
  const text =
    "the backup is damaged: 2 files could not be restored, the first of them /b: its content does not match its checksum";
  assert.is(firstCause({ entries: 1, damagedFiles: 1, problems }, layout)?.text, text);
});

test("the report begins with the first cause, then what else failed, and tells no file twice", () => {
  const problems = [lost("/usr/sbin/grub-install", "no space left"), lost("/usr/b", "no space left")];
  const differences = [...problems.map(({ path }) => missing(path)), missing("/opt")];
  const failures = ["Install GRUB: failed"];
  const lines = reportLines(findings({ entries: 7, problems, differences, failures, defects: ["no kernel"] }), layout);
  assert.equal(lines, [
    "The first cause: no space left on / after 7 entries: 2 files could not be restored",
    "Install GRUB: failed",
    "no kernel",
    "/usr/sbin/grub-install: no space left",
    "/usr/b: no space left",
    "[3] /opt: missing",
  ]);
});

test("many differences are counted in one line, with what their severities mean", () => {
  const differences = Array.from({ length: 1195 }, (_, index) => missing(`/${index}`));
  const [first] = reportLines(findings({ differences }), layout);
  assert.is(
    first,
    "Files compared with the backup: 1195 differences: 1195 that should not be [3], 0 worth a look [2], 0 to be expected [1]",
  );
  assert.equal(reportLines(findings({}), layout), []);
});

test.run();
