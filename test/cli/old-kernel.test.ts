/** The executable on Linux 4.18, the kernel of RHEL 8, as far as system calls go: later ones are not there. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, withOwnRun } from "../support/mondo.ts";

const test = suite("old kernels");
const work = mkdtempSync(join(tmpdir(), "mondo-old-kernel-"));
const [tree, out, launcher] = [join(work, "tree"), join(work, "out"), join(work, "old-kernel")];
const prefix = `old${process.pid}`;
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(join("/var/lib/mondo/sets", `${prefix}@${encodeURIComponent(tree)}`), { recursive: true, force: true });
});

test.before(() => {
  const source = join(import.meta.dirname, "../support/old-kernel.c");
  const made = call(["cc", "-Wall", "-Werror", "-o", launcher, source]);
  assert.is(made.status, 0, made.err);
  for (const path of [join(tree, "sub"), out]) mkdirSync(path, { recursive: true });
  writeFileSync(join(tree, "file"), "content\n", { mode: 0o640 });
  writeFileSync(join(tree, "sub/large"), Buffer.alloc(3_000_000, "0123456789abcdef"));
  symlinkSync("../file", join(tree, "sub/link"));
});

const onOldKernel = (...words: string[]) => withOwnRun(launcher, executable, ...words);
/** Backs the tree up, with further words. */
const archive = (...words: string[]) =>
  onOldKernel("archive", "-d", out, "-p", prefix, "-1", "--root", tree, "--layout", "directory", ...words);

test("the filter takes the calls away that Linux 4.18 has not, and only those", () => {
  const script = `const { symbols } = require("bun:ffi").dlopen("libc.so.6", { syscall: { args: ["i64", "i64", "i64"], returns: "i64" } });
    const works = [symbols.syscall(434n, BigInt(process.pid), 0n) >= 0, symbols.syscall(39n, 0n, 0n) > 0];
    process.stdout.write(works.join(" "))`;
  const ask = [process.execPath, "-e", script];
  // pidfd_open is of Linux 5.3, getpid of all.
  assert.is(call(ask).out.trim(), "true true");
  const there = call([launcher, ...ask]);
  assert.is(there.out.trim(), "false true", there.err);
});

test("a tree is backed up, verified, listed, compared and extracted there", () => {
  const archived = archive("-OV");
  assert.is(archived.status, 0, archived.out + archived.err);
  const home = join(out, hostname(), prefix);
  const set = join(home, readdirSync(home)[0] ?? "");
  const verified = onOldKernel("verify", set);
  assert.is(verified.status, 0, verified.out + verified.err);
  assert.match(onOldKernel("list", set).out, /sub\/large/);
  const compared = onOldKernel("compare", set, "--root", tree);
  assert.is(compared.status, 0, compared.out + compared.err);
  const target = mkdtempSync(join(work, "back-"));
  const extracted = onOldKernel("extract", set, "/", "--to", target);
  assert.is(extracted.status, 0, extracted.out + extracted.err);
  assert.equal(readFileSync(join(target, "sub/large")), readFileSync(join(tree, "sub/large")));
  assert.is(readFileSync(join(target, "file"), "utf8"), "content\n");
  assert.is(readlinkSync(join(target, "sub/link")), "../file");
});

test("files come back to their place, and a differential backup builds on the full one", () => {
  const differential = archive("-D");
  assert.is(differential.status, 0, differential.out + differential.err);
  const target = mkdtempSync(join(work, "place-"));
  const restored = onOldKernel("restore", "--from", join(out, hostname(), prefix), "--pattern", "sub", "--to", target);
  assert.is(restored.status, 0, restored.out + restored.err);
});

test.run();
