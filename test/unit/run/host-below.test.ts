import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../../src/host/linux.ts";
import { hostBelow } from "../../../src/run/host-below.ts";

const base = mkdtempSync(join(tmpdir(), "mondo-host-below-"));
const root = join(base, "root");
test.after(() => rmSync(base, { recursive: true, force: true }));
mkdirSync(join(root, "opt/etc"), { recursive: true });
mkdirSync(join(base, "opt/etc"), { recursive: true });
writeFileSync(join(base, "opt/etc/fstab"), "outside");
writeFileSync(join(root, "opt/etc/fstab"), "inside");
writeFileSync(join(base, "only-outside"), "outside");
symlinkSync("/opt/etc", join(root, "etc"));
symlinkSync(`${base}/only-outside`, join(root, "absolute"));
symlinkSync("../../../../../../../../etc/hostname", join(root, "climbs"));
symlinkSync("circle", join(root, "circle"));
execFileSync("mkfifo", [join(root, "fifo")]);
const inside = hostBelow(linuxHost(), root);

test("hostBelow() follows absolute links as the restored system would", () => {
  assert.is(inside.tryReadText(`${root}/etc/fstab`), "inside");
  assert.is(inside.readText(`${root}/etc/fstab`), "inside");
  assert.is(new TextDecoder().decode(inside.read(`${root}/etc/fstab`)), "inside");
  assert.is(new TextDecoder().decode(inside.readAt(`${root}/etc/fstab`, 2, 2)), "si");
  assert.equal(inside.list(`${root}/etc`), ["fstab"]);
  assert.is(inside.lstat(`${root}/etc`)?.kind, "symlink");
  assert.is(inside.readLink(`${root}/etc`), "/opt/etc");
});

test("hostBelow() finds nothing where a link leads out of the root, in a circle or to a FIFO", () => {
  for (const name of ["absolute", "climbs", "circle", "fifo", "missing"]) {
    assert.is(inside.tryReadText(`${root}/${name}`), undefined, name);
    assert.throws(() => inside.read(`${root}/${name}`), /.|^$/, name);
    if (name !== "fifo") assert.is(inside.exists(`${root}/${name}`), false, name);
  }
});

test("hostBelow() leaves paths elsewhere, and devices, as they are", () => {
  assert.is(inside.readText(join(base, "only-outside")), "outside");
  assert.is(inside.readAt("/dev/zero", 0, 4).byteLength, 4);
});

test.run();
