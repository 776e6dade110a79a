/**
 * Sets as directories on a file system that gets full, and on a disk that fails: what is said, what stays, and that the
 * next run works.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSet } from "../../src/archive/set/open-set.ts";
import { verifySet } from "../../src/archive/verify/verify-set.ts";
import { directorySet } from "../../src/backup/destination/directory-set.ts";
import { removeLeftovers } from "../../src/backup/leftovers.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { MIB } from "../../src/base/units.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { call } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { directoryGroundIn, type Ground, onePass } from "../support/one-pass-run.ts";
import { canTrace, type TracedCall, traced } from "../support/traced-run.ts";

const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-directory-set-"));
const canRun = process.getuid?.() === 0;
test.after(() => rmSync(work, { recursive: true, force: true }));

const noise = (bytes: number) =>
  Buffer.concat(Array.from({ length: bytes / 65_536 }, () => crypto.getRandomValues(new Uint8Array(65_536))));

/** Sets are named by their seconds: each is one later than the one before, and those of programs are later still. */
let seconds = -3600;
const saved = (ground: Ground, onSaved?: () => void) => {
  seconds += 1;
  const now = host.nowMs() + 1000 * seconds;
  const options = { host: { ...host, nowMs: () => now }, open: directorySet };
  return onePass(ground, onSaved ? { ...options, onSaved } : options);
};

const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error) => error,
  );

/** Nothing is wrong with a set, its rescue system included. */
async function assertWhole(place: string): Promise<void> {
  const { defects, damaged } = await verifySet(host, openSet(host, place), 0, silentReporter);
  assert.equal([...defects, ...damaged], [], place);
  assert.is(call(["sha256sum", "-c", "--strict", "--quiet", "mondo/boot.sha256"], place).status, 0);
}

const SET_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/;
/** What lies in the target besides the file system's own. */
const left = ({ target }: Ground) => readdirSync(target).filter((name) => name !== "lost+found");

/** A ground whose target is a file system of its own, with an older set on it. */
async function withTarget(name: string, mebibytes: number, then: (ground: Ground, older: string) => Promise<void>) {
  const ground = directoryGroundIn(join(work, name));
  const image = join(work, `${name}.img`);
  writeFileSync(join(ground.tree, "small"), "x");
  assert.is(call(["truncate", "-s", `${mebibytes}M`, image]).status, 0);
  assert.is(call(["mkfs.ext4", "-q", "-F", "-m", "0", image]).status, 0);
  const mounted = call(["mount", "-o", "loop", image, ground.target]);
  assert.is(mounted.status, 0, mounted.err);
  try {
    const { made } = await saved(ground);
    await then(ground, made[0]?.name ?? "");
  } finally {
    call(["umount", ground.target]);
    rmSync(image);
  }
}

needing(test, canRun)(
  "a target that gets full in mid-backup is named; the older set stays, nothing of the new one, and the next run works",
  async () => {
    await withTarget("full", 40, async (ground, older) => {
      writeFileSync(join(ground.tree, "large"), noise(48 * MIB));
      const error = await failureOf(saved(ground));
      assert.ok(error instanceof MondoError && error.code === "no-space", String(error));
      assert.match(error.message, /^the backup can't be written to \S+\/target: write \S+\.tar\.zst: no space left$/);
      assert.match(
        error.hint ?? "",
        /^Make room there, or let fewer backups stay \(--keep\)\. Earlier ones are as they/,
      );
      assert.equal(left(ground), [older.slice(older.lastIndexOf("/") + 1)]);
      await assertWhole(older);
      rmSync(join(ground.tree, "large"));
      const { made } = await saved(ground);
      await assertWhole(made[0]?.name ?? "");
      assert.is(left(ground).length, 2);
    });
  },
);

needing(test, canRun)("a target that is full when all files are saved still takes the rest of the set", async () => {
  await withTarget("full-at-end", 60, async (ground, older) => {
    writeFileSync(join(ground.tree, "large"), noise(8 * MIB));
    const fill = () => {
      const { err } = call(["sh", "-c", `cat /dev/zero >${join(ground.target, "fill")}`]);
      assert.match(err, /No space left on device/);
    };
    const { made } = await saved(ground, fill);
    for (const place of [older, made[0]?.name ?? ""]) await assertWhole(place);
    assert.is(left(ground).filter((name) => SET_NAME.test(name)).length, 2);
    assert.is(left(ground).length, 3);
  });
});

const CALLS = ["pwrite64", "fsync", "write", "rename"];
const program = (base: string) => [
  ...[process.execPath, join(import.meta.dirname, "../support/one-pass-run.ts")],
  ...[base, "directory"],
];
const named = ({ name, number, path }: TracedCall) => `${name} ${number} ${path}`;

needing(test, canTrace())(
  "a run of which any call on the target fails says so; the older set stays, nothing of the new one, the next run works",
  async () => {
    const ground = directoryGroundIn(join(work, "failing"));
    for (const [name, bytes] of [
      ["a", 2],
      ["b", 1],
    ] as const) {
      writeFileSync(join(ground.tree, name), noise(bytes * MIB));
    }
    const { made } = await saved(ground);
    const older = made[0]?.name ?? "";
    const { set, scratch } = ground.places;
    const files = ["volume-0001.tar.zst", "catalog.mcat.zst", "HOWTO.txt", "manifest.json", "boot.sha256"];
    const paths = [scratch, ...files.map((name) => join(set, name))];
    const { status, stderr, calls } = traced(program(ground.base), { calls: CALLS, paths });
    assert.is(status, 0, stderr);
    const second = left(ground).find((name) => name !== older.slice(older.lastIndexOf("/") + 1)) ?? "";
    rmSync(join(ground.target, second), { recursive: true });
    const kinds = new Map(calls.map((one) => [`${one.name} ${one.path}`, one]));
    assert.ok(kinds.size >= 5, [...kinds.keys()].join("; "));
    for (const one of kinds.values()) {
      const inject = `${one.name}:error=EIO:when=${one.number}`;
      const failed = traced(program(ground.base), { calls: CALLS, paths, inject });
      assert.is.not(failed.status, 0, named(one));
      assert.match(failed.stderr, /the backup can't be written to \S+\/target: .*input\/output error/, named(one));
      assert.equal(left(ground), [older.slice(older.lastIndexOf("/") + 1)], named(one));
      await assertWhole(older);
    }
    removeLeftovers(host, ground.request, "00000000-00000000");
    const next = traced(program(ground.base), { calls: CALLS });
    assert.is(next.status, 0, next.stderr);
    assert.is(left(ground).length, 2);
    for (const name of left(ground)) await assertWhole(join(ground.target, name));
    assert.not.ok(existsSync(scratch));
  },
);

test.run();
