/** The executable for aarch64, in qemu-user: what it reads and writes is what the one for x86-64 does. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseElf } from "../../src/formats/boot/elf.ts";
import { odditiesScript } from "../support/guest-files.ts";
import { call, executable, inPrivateMounts, mondo, type Outcome } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { elfFilesIn, isUpTo, versionNeeds } from "../support/version-needs.ts";

const test = suite("aarch64");
const program = join(import.meta.dirname, "../../dist/arm64/mondo");
/** Libraries for its emulator, of Debian's cross compiler. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
const EMULATOR = "/usr/bin/qemu-aarch64-static";
const canRun = existsSync(program) && existsSync(EMULATOR) && existsSync(`${LIBRARIES}/lib/libstdc++.so.6`);
const work = mkdtempSync(join(tmpdir(), "mondo-aarch64-"));
const [tree, out, back] = [join(work, "tree"), join(work, "out"), join(work, "back")];
for (const path of [tree, out, back]) mkdirSync(path);
test.after(() => rmSync(work, { recursive: true, force: true }));

const onArm = (...words: string[]): Outcome =>
  call(["env", `QEMU_LD_PREFIX=${LIBRARIES}`, EMULATOR, program, ...words]);

needing(test, existsSync(program))("it is a program for aarch64 that starts with glibc 2.28 and GCC 8", () => {
  const bytes = readFileSync(program);
  assert.is(parseElf(bytes, program).machine, 183);
  const files = elfFilesIn(bytes);
  assert.ok(files.length >= 3, "Bun, and the addons for zstd and xz");
  const versions = new Set(files.flatMap((file, at) => versionNeeds(file, `ELF file ${at}`)).map((one) => one.version));
  assert.ok(versions.has("GLIBC_2.17"), "the needs are read");
  const young = [...versions].filter((version) => version.startsWith("GLIBC_") && !isUpTo(version, "GLIBC_2.28"));
  assert.equal(young, []);
});

needing(test, canRun)("it says which version it is", () => {
  const { status, out: said, err } = onArm("--version");
  assert.is(status, 0, err);
  assert.is(said, mondo("--version").out);
});

needing(test, canRun)("it verifies, lists and extracts a backup of an x86-64 machine, every attribute included", () => {
  call(["bash", odditiesScript, join(tree, "odd")]);
  const line = `${executable} archive -O -d ${out} -p arm --root ${tree} --layout directory`;
  const saved = inPrivateMounts(`mount -t tmpfs none /run; exec ${line}`);
  assert.is(saved.status, 0, saved.err);
  const verified = onArm("verify", out);
  assert.is(verified.status, 0, verified.err);
  const listed = onArm("list", out);
  assert.is(listed.out, mondo("list", out).out);
  assert.ok(listed.out.split("\n").length > 40);
  const extracted = onArm("extract", out, "/", "--to", back);
  assert.is(extracted.status, 0, extracted.err);
  call(["touch", "-r", tree, back]);
  const compared = mondo("compare", out, "--root", back);
  assert.is(compared.status, 0, compared.out + compared.err);
});

needing(test, canRun)("it finds what differs between a backup and live files, and nothing else", () => {
  const same = onArm("compare", out, "--root", tree);
  assert.is(same.status, 0, same.out + same.err);
  call(["setfattr", "-n", "user.plain", "-v", "another", join(tree, "odd/hard-1")]);
  const { status, out: said } = onArm("compare", out, "--root", tree);
  assert.is(status, 4);
  assert.match(said, /hard-1: .*user\.plain/);
});

test.run();
