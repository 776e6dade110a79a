/** Backups to a stick that gets full, or whose disk fails in the middle: a real I/O error of a loop device. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openSet } from "../../src/archive/set/open-set.ts";
import { verifySet } from "../../src/archive/verify/verify-set.ts";
import { directorySet } from "../../src/backup/destination/directory-set.ts";
import { removeLeftovers } from "../../src/backup/leftovers.ts";
import { STICK_PLACE, withStick } from "../../src/backup/stick/with-stick.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { MIB } from "../../src/base/units.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { call } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { directoryGroundIn, onePass } from "../support/one-pass-run.ts";

const test = suite("a stick in trouble");
const canRun = process.getuid?.() === 0;
const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-stick-trouble-"));
const SIZE = 600 << 20;
/** Of this machine, on the stick. */
const HOME = join(STICK_PLACE, "h/p");
test.after(() => {
  call(["umount", STICK_PLACE]);
  call(["umount", "-l", join(work, "small")]);
  rmSync(work, { recursive: true, force: true });
});

const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

/** Sets are named by their seconds. */
let seconds = 0;
const warned: string[] = [];
const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };

/** A backup of a tree to the stick in a file; `before` is done when the stick is mounted. */
function backUp(file: string, tree: string, before = () => {}): Promise<unknown> {
  seconds += 1;
  const now = host.nowMs() + 1000 * seconds;
  return withStick(host, { name: file, sizeBytes: SIZE }, reporter, async () => {
    before();
    mkdirSync(HOME, { recursive: true });
    const ground = { ...directoryGroundIn(join(work, tree), HOME), tree: join(work, tree, "tree") };
    removeLeftovers(host, ground.request, "00000000-00000000");
    await onePass(ground, { host: { ...host, nowMs: () => now }, open: directorySet, reporter });
  }).catch((error: unknown) => error);
}

/** The sets on the stick, each of them whole; the menu offers the newest one's rescue system. */
async function setsOf(file: string): Promise<string[]> {
  let names: string[] = [];
  await withStick(host, { name: file, sizeBytes: SIZE }, silentReporter, async () => {
    names = readdirSync(HOME).sort();
    const menu = readFileSync(join(STICK_PLACE, "boot/grub/grub.cfg"), "utf8");
    for (const name of names) {
      const { defects, damaged } = await verifySet(host, openSet(host, join(HOME, name)), 0, silentReporter);
      assert.equal([...defects, ...damaged], [], name);
    }
    assert.ok(menu.includes(`linux /h/p/${names.at(-1)}/boot/vmlinuz `), menu);
  });
  return names;
}

test.before(() => {
  for (const [name, mebibytes] of [
    ["little", 1],
    ["much", 64],
  ] as const) {
    mkdirSync(join(work, name, "tree"), { recursive: true });
    writeFileSync(join(work, name, "tree/file"), noise(mebibytes * MIB));
  }
});

needing(test, canRun)("that gets full says so; the older set stays, boots, and the next run adds its own", async () => {
  const file = join(work, "full.img");
  assert.is(await backUp(file, "little"), undefined);
  const [older] = await setsOf(file);
  const fill = join(STICK_PLACE, "fill");
  const failure = await backUp(file, "much", () => {
    const spare = host.freeBytes(STICK_PLACE) - 24 * MIB;
    assert.is(call(["fallocate", "-l", String(spare), fill]).status, 0);
  });
  assert.ok(failure instanceof MondoError && failure.code === "no-space", String(failure));
  assert.match(failure.message, /^the backup can't be written to \/run\/mondo-stick\/h\/p: .*: no space left$/);
  assert.match(failure.hint ?? "", /^Make room there, or let fewer backups stay \(--keep\)/);
  assert.equal(await setsOf(file), [older]);
  assert.is(await backUp(file, "much", () => rmSync(fill)), undefined);
  assert.is((await setsOf(file)).length, 2);
  assert.equal(warned, []);
});

needing(test, canRun)(
  "whose disk fails says so; when it is well again the older set is whole, and the next run works",
  async () => {
    // What is written to the stick goes to a file system that gets full: to the stick's own that is a failing disk.
    const small = join(work, "small");
    mkdirSync(small);
    assert.is(call(["mount", "-t", "tmpfs", "-o", "size=200m", "none", small]).status, 0);
    const file = join(small, "stick.img");
    assert.is(await backUp(file, "little"), undefined);
    const [older] = await setsOf(file);
    const fill = join(small, "fill");
    const failure = await backUp(file, "much", () => {
      const spare = host.freeBytes(small) - 32 * MIB;
      assert.is(call(["sh", "-c", `head -c ${spare} /dev/zero >${fill}`]).status, 0);
    });
    assert.instance(failure, MondoError);
    // The kernel says ENOSPC of that disk, or EIO.
    const { message, hint = "" } = failure as MondoError;
    assert.match(message, /^the backup can't be written to \/run\/mondo-stick\/h\/p: (write|sync) /);
    assert.match(hint, /arlier (ones|backups) are as they were/);
    rmSync(fill);
    assert.equal(await setsOf(file), [older]);
    assert.is(await backUp(file, "little"), undefined);
    assert.is((await setsOf(file)).length, 2);
  },
);

test.run();
