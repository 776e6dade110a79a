import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../src/base/errors.ts";
import { type Reporter, silentReporter } from "../../../src/base/report.ts";
import { parseBuiltin, parseModulesDep } from "../../../src/formats/boot/module-lists.ts";
import { DEPLISTS, parseDeplist, readDeplists } from "../../../src/image/additions.ts";
import { type ModuleIndex, requireOwnModules } from "../../../src/image/modules.ts";
import { fakeHost } from "../../support/fake-host.ts";

test("parseDeplist() reads a name or path in each line, and where it stands", () => {
  const text = "# tools\n\nstorcli64   # of the controller\n/etc/iscsi/\n  /opt/my tools/#1 \n";
  assert.equal(parseDeplist("/l/a.conf", text), [
    { name: "storcli64", where: "/l/a.conf:3" },
    { name: "/etc/iscsi", where: "/l/a.conf:4" },
    { name: "/opt/my tools/#1", where: "/l/a.conf:5" },
  ]);
});

test("parseDeplist() names the line of what can't be added", () => {
  for (const line of ["etc/hosts", "/etc/../root", "/", "bash vi", "/proc/cpuinfo", "/run", "/sys/", "/dev/sda"]) {
    assert.throws(
      () => parseDeplist("/l/a.conf", `bash\n${line}\n`),
      (error: MondoError) => error.code === "usage" && error.message.startsWith("/l/a.conf:2: "),
      line,
    );
  }
  assert.is(parseDeplist("/l/a.conf", "/device\n/runner\n").length, 2);
});

test("readDeplists() needs no usual directory, but one that is named", () => {
  assert.equal(readDeplists(fakeHost(), DEPLISTS), []);
  assert.throws(
    () => readDeplists(fakeHost(), "/srv/lists"),
    (error: MondoError) => error.code === "not-found",
  );
  assert.throws(() => readDeplists(fakeHost({ files: { [DEPLISTS]: "bash\n" } }), DEPLISTS), /is not a directory/);
});

const index: ModuleIndex = {
  version: "6.1.0",
  directory: "/lib/modules/6.1.0",
  modules: parseModulesDep("kernel/drivers/scsi/aacraid.ko:\n"),
  soft: new Map(),
  builtin: parseBuiltin("kernel/fs/ext4/ext4.ko\n"),
};

test("requireOwnModules() refuses what can't be forced or denied, and tells of what is not there to deny", () => {
  const told: string[] = [];
  const reporter: Reporter = { ...silentReporter, warn: (text) => void told.push(text) };
  requireOwnModules(index, { force: ["aacraid", "ext4"], deny: ["aacraid", "floppy"] }, reporter);
  assert.equal(told, ["--deny-modules floppy: the kernel 6.1.0 has no such module"]);
  for (const own of [
    { force: ["aacrate"], deny: [] },
    { force: [], deny: ["ext4"] },
  ]) {
    assert.throws(
      () => requireOwnModules(index, own, silentReporter),
      (error: MondoError) => error.code === "usage",
    );
  }
});

test.run();
