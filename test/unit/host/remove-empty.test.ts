import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inHome } from "../../../src/backup/directory-home.ts";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { linuxHost } from "../../../src/host/linux.ts";

const work = mkdtempSync(join(tmpdir(), "mondo-empty-"));
test.after(() => rmSync(work, { recursive: true, force: true }));
const host = linuxHost();

test("removeEmpty() takes an empty directory, and nothing else", () => {
  for (const name of ["empty", "full/below"]) mkdirSync(join(work, name), { recursive: true });
  writeFileSync(join(work, "file"), "");
  for (const name of ["empty", "full", "file", "none"]) host.removeEmpty(join(work, name));
  assert.not(existsSync(join(work, "empty")));
  assert.ok(existsSync(join(work, "full/below")));
  assert.ok(existsSync(join(work, "file")));
});

test("backups whose server can't list them for a moment stay", async () => {
  const directory = join(work, "target");
  const request = { directory, root: "/", setName: "web1", medium: { kind: "directory" } } as BackupRequest;
  let set = "";
  await inHome({ ...host, list: () => [] }, request, async (placed) => {
    set = join(placed.directory, "2026-11-30T08-15-00");
    mkdirSync(set);
  });
  assert.ok(existsSync(set));
});

test.run();
