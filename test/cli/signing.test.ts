/** A signed backup, and one that somebody has changed: sums made anew, as whoever may write to the share can. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest, encodeManifest } from "../../src/archive/set/manifest.ts";
import { call, mondo } from "../support/mondo.ts";

const test = suite("signed backups");
const work = mkdtempSync(join(tmpdir(), "mondo-signing-"));
const [tree, out, key, set] = ["tree", "out", "key", "set"].map((name) => join(work, name)) as [
  string,
  string,
  string,
  string,
];
const iso = join(out, "signed-1.iso");
const stored = `/var/lib/mondo/sets/signed@${encodeURIComponent(tree)}`;
const forged = join(work, "forged");

test.before(() => {
  for (const path of [tree, out, forged]) mkdirSync(path);
  writeFileSync(join(tree, "file"), "what was saved\n");
  call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
});
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(stored, { recursive: true, force: true });
});

const backup = (to: string, ...more: string[]) =>
  mondo("archive", "-d", to, "-p", "signed", "-1", "--root", tree, ...more);

test("archive --sign with a key that can't sign stops before anything is written", () => {
  const { status, err } = backup(out, "--sign", "/etc/hostname");
  assert.is.not(status, 0);
  assert.match(err, /signing with \/etc\/hostname failed/);
});

test("a signed backup passes --signed-by: the image, and the set that was copied out of it", () => {
  const made = backup(out, "--sign", key);
  assert.is(made.status, 0, made.err);
  call(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/mondo", set]);
  call(["chmod", "-R", "u+w", set]);
  for (const place of [iso, set]) {
    const checked = mondo("verify", place, "--signed-by", `${key}.pub`);
    assert.is(checked.status, 0, checked.err);
    assert.match(checked.err + checked.out, /The backup is whole/);
  }
  const taken = mondo("extract", set, "/file", "--to", forged, "--signed-by", `${key}.pub`);
  assert.is(taken.status, 0, taken.err);
  assert.is(readFileSync(join(forged, "file"), "utf8"), "what was saved\n");
});

test("a set that somebody made in its place is refused, whatever its sums say", () => {
  writeFileSync(join(tree, "file"), "evil\n");
  const [other, evil] = [join(work, "other"), join(work, "evil")];
  mkdirSync(other);
  assert.is(backup(other).status, 0);
  call(["xorriso", "-osirrox", "on", "-indev", join(other, "signed-1.iso"), "-extract", "/mondo", evil]);
  call(["chmod", "-R", "u+w", evil]);
  const { state: _, ...theirs } = decodeManifest(readFileSync(join(evil, "manifest.json"), "utf8"), "it");
  const ours = decodeManifest(readFileSync(join(set, "manifest.json"), "utf8"), "it");
  const { signature = "" } = ours;
  writeFileSync(
    join(evil, "manifest.json"),
    encodeManifest({ ...theirs, set: ours.set, created: ours.created, signature }),
  );
  // Without a key nobody can tell: that is what signatures are for.
  assert.is(mondo("verify", evil).status, 0);
  for (const words of [
    ["verify", evil],
    ["list", evil],
    ["extract", evil, "/", "--to", forged],
    ["compare", evil, "--root", tree],
  ]) {
    const { status, err } = mondo(...words, "--signed-by", `${key}.pub`);
    assert.is(status, 10, `${words[0]}: ${err}`);
    assert.match(err, /is not what was signed/);
  }
  assert.is(readFileSync(join(forged, "file"), "utf8"), "what was saved\n");
});

test("a stream is checked for its key, too: one that is not signed is refused", () => {
  const [signed, plain] = [join(work, "signed.tar"), join(work, "plain.tar")];
  const stream = (to: string, ...more: string[]) => mondo("archive", "-u", to, "-1", "--root", tree, ...more);
  assert.is(stream(signed, "--sign", key).status, 0);
  assert.is(stream(plain).status, 0);
  const checked = mondo("verify", signed, "--signed-by", `${key}.pub`);
  assert.is(checked.status, 0, checked.err);
  assert.match(checked.err + checked.out, /The backup is whole/);
  assert.is(mondo("verify", plain).status, 0);
  const refused = mondo("verify", plain, "--signed-by", `${key}.pub`);
  assert.is(refused.status, 10, refused.err);
  assert.match(refused.err, /the backup in \S*plain\.tar .* is not signed/);
  assert.not.match(refused.err + refused.out, /The backup is whole/);
});

test("changed volumes below a manifest that is as it was are noticed before a file is written", () => {
  const volume = join(set, "volume-0001.tar.zst");
  const bytes = readFileSync(volume);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(volume, bytes);
  const target = join(work, "target");
  mkdirSync(target);
  const { status, err } = mondo("extract", set, "/", "--to", target, "--signed-by", `${key}.pub`);
  assert.is(status, 1, err);
  assert.match(err, /volume-0001.tar.zst does not have the checksum that the manifest names/);
  assert.is(call(["find", target, "-type", "f"]).out, "");
});

test("a salvage with --signed-by takes nothing where the manifest, and so its signature, is damaged or gone", () => {
  const [evil, target] = [join(work, "evil"), join(work, "salvaged")];
  mkdirSync(target);
  for (const spoil of [(path: string) => writeFileSync(path, "{}"), (path: string) => rmSync(path)]) {
    spoil(join(evil, "manifest.json"));
    const { status, err } = mondo("verify", evil, "--salvage", "--to", target, "--signed-by", `${key}.pub`);
    assert.is.not(status, 0, err);
    assert.is(call(["find", target, "-type", "f"]).out, "", err);
  }
  assert.is(mondo("verify", evil, "--salvage", "--to", target).status, 0);
  assert.is(readFileSync(join(target, "file"), "utf8"), "evil\n");
});

test.run();
