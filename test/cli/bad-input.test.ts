import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, inPrivateMounts, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("bad input");
const work = mkdtempSync(join(tmpdir(), "mondo-cli-"));
const target = join(work, "target");
const tree = join(work, "tree");
mkdirSync(target);
mkdirSync(tree);
writeFileSync(join(tree, "file"), "content\n");
test.after(() => rmSync(work, { recursive: true, force: true }));

/** One sentence that names the thing, a hint below it, and nothing left behind. */
function refused(outcome: Outcome, status: number, sentence: RegExp, hint = /\n {2}[A-Z]/): void {
  assert.match(outcome.err, sentence);
  assert.match(outcome.err, hint);
  assert.is(outcome.status, status, outcome.err);
  assert.not.match(outcome.err, /\n\s+at /, "a stack trace is no answer");
  assert.equal(readdirSync(target), []);
}

const archive = (...words: string[]) => mondo("archive", "-d", target, "--root", tree, ...words);

test("an unknown command and an unknown option are usage errors", () => {
  refused(mondo("archve"), 2, /there is no command "archve"/);
  refused(archive("--nonsense"), 2, /unknown option --nonsense/);
  refused(call(["bash", "-c", `exec -a mondoarchive ${executable} -O -i -d / -Z`]), 2, /unknown option -Z/);
});

test("directories that don't exist or are none are named", () => {
  refused(mondo("archive", "-d", join(work, "missing")), 1, /-d \S+missing does not exist/);
  refused(mondo("archive", "-d", join(tree, "file")), 2, /-d \S+file is not a directory/);
  refused(archive("-S", join(work, "nowhere")), 1, /-S \S+nowhere does not exist/);
  refused(archive("-I", "/not-there"), 1, /-I \/not-there does not exist/);
});

test("anybody but root is told so", () => {
  const outcome = call([
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    executable,
    "archive",
    "-d",
    "/tmp",
  ]);
  refused(outcome, 2, /must be run as root/);
});

test("a target that can't hold the backup is refused with the numbers before anything is written", () => {
  writeFileSync(join(tree, "large"), Buffer.alloc(8 << 20, 1));
  const outcome = inPrivateMounts(
    `mount -t tmpfs -o size=16m none ${target}; ${executable} archive -d ${target} --root ${tree}`,
  );
  refused(outcome, 1, /has 16\.0 MiB free; \S+ MiB of files need at least \S+ MiB/);
  rmSync(join(tree, "large"));
});

test("a read-only target is refused", () => {
  const outcome = inPrivateMounts(
    `mount -t tmpfs -o ro none ${target}; ${executable} archive -d ${target} --root ${tree}`,
  );
  refused(outcome, 1, /-d \S+ can't be written to/);
});

test("a kernel that isn't there, or is none, is named", () => {
  refused(archive("-k", "/boot/no-such-kernel"), 1, /the kernel \/boot\/no-such-kernel does not exist/);
  refused(archive("-k", "/etc/passwd"), 1, /\/etc\/passwd is not a Linux kernel/);
});

test("without xorriso the package to install is named", () => {
  const hidden = `mount --bind /dev/null /usr/bin/xorriso; ${executable} archive -d ${target} --root ${tree}`;
  refused(inPrivateMounts(hidden), 1, /needs xorriso, which is not installed/, /apt-get install xorriso/);
});

test("an unreadable file is a named problem with status 3, and the rest is saved", () => {
  // An ext2 file whose block pointer leaves the device: reading it is an I/O error for root, too.
  const image = join(work, "broken.img");
  const made = call([
    "sh",
    "-ec",
    `
    truncate -s 16M ${image}; mkfs.ext2 -q ${image}
    printf hello > ${work}/hello; debugfs -w -R "write ${work}/hello hello" ${image}
    debugfs -w -R "write ${work}/hello broken" ${image}; debugfs -w -R "sif broken block[0] 900000" ${image}`,
  ]);
  assert.is(made.status, 0, made.err);
  const outcome = inPrivateMounts(
    `mkdir -p ${work}/mnt; mount -o loop,ro ${image} ${work}/mnt; ${executable} archive -d ${target} --root ${work}/mnt`,
  );
  assert.is(outcome.status, 3, outcome.err + outcome.out);
  assert.match(outcome.out, /broken: /);
  assert.ok(existsSync(join(target, "mondorescue-1.iso")));
  rmSync(join(target, "mondorescue-1.iso"));
});

test("a damaged ISO is found by -V, and the damaged volume named", () => {
  assert.is(archive("-p", "flip").status, 0);
  const iso = join(target, "flip-1.iso");
  const bytes = readFileSync(iso);
  const at = bytes.lastIndexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
  bytes[at + 12] = (bytes[at + 12] ?? 0) ^ 0xff;
  writeFileSync(iso, bytes);
  const outcome = mondo("archive", "-V", "-d", target, "-p", "flip", "--root", tree);
  assert.is(outcome.status, 1, outcome.out);
  assert.match(outcome.err, /(volume-0001|catalog)\S* .*/);
  rmSync(iso);
});

test("-V tells differences by status 4", () => {
  assert.is(archive("-p", "same", "-O", "-V").status, 0);
  writeFileSync(join(tree, "file"), "changed\n");
  const outcome = mondo("archive", "-V", "-d", target, "-p", "same", "--root", tree);
  assert.is(outcome.status, 4, outcome.err);
  assert.match(outcome.out, /file: /);
  rmSync(join(target, "same-1.iso"));
});

test("an interrupted run clears the unfinished backup away and leaves the earlier ISO as it was", () => {
  assert.is(archive().status, 0);
  const before = statSync(join(target, "mondorescue-1.iso"));
  const script = `head -c 300M /dev/urandom > ${tree}/noise
    ${executable} archive -d ${target} --root ${tree} > ${work}/log & pid=$!
    until grep -q "Saving files" ${work}/log; do sleep 0.05; done; kill -TERM $pid; wait $pid`;
  const outcome = call(["sh", "-c", script]);
  assert.match(outcome.err, /interrupted \(SIGTERM\); the unfinished backup was removed/);
  assert.is(outcome.status, 143);
  assert.equal(readdirSync(target), ["mondorescue-1.iso"]);
  const after = statSync(join(target, "mondorescue-1.iso"));
  assert.equal([after.ino, after.mtimeMs, after.size], [before.ino, before.mtimeMs, before.size]);
  rmSync(join(tree, "noise"));
  rmSync(join(target, "mondorescue-1.iso"));
});

test.run();
