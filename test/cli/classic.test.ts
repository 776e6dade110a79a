/** Lines as people have had them in crontabs since Mondo, by the names that it had. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const test = suite("classic lines");
const work = mkdtempSync(join(tmpdir(), "mondo-classic-"));
const tree = join(work, "tree");
const out = join(work, "out");
test.after(() => rmSync(work, { recursive: true, force: true }));

const as = (name: string, ...words: string[]) => call([join(dirname(executable), name), ...words]);
const archive = (...words: string[]) =>
  as("mondoarchive", "-O", "-i", "-d", out, "-p", "web", "--root", tree, ...words);

test.before(() => {
  for (const path of [out, tree, join(tree, "data")]) mkdirSync(path);
  for (const name of ["one", "two", "data/three", "data/four"]) writeFileSync(join(tree, name), `${name}\n`);
  writeFileSync(join(work, "list"), "/two\n/data\n");
});

test("-J saves what a list names, -L is told, -B and -A are run with the image", () => {
  const log = join(work, "said");
  const {
    status,
    out: said,
    err,
  } = archive(
    ...["-J", join(work, "list"), "-L", "-z", "-F", "-K", "9"],
    ...["-B", `echo before _CD#_ >>${log}`, "-A", `stat -c 'after %s %n' _ISO_ >>${log}`],
  );
  assert.is(status, 0, err);
  assert.match(said, /^ {2}-L: lzo is not used: zstd at level 1/m);
  assert.match(said, /^ {2}-F: there are no boot floppies/m);
  assert.match(readFileSync(log, "utf8"), new RegExp(`^before 1\nafter [1-9]\\d+ ${out}/web-1[.]iso\n$`));
  const listed = as("mondo", "list", join(out, "web-1.iso")).out;
  assert.match(listed, /\/two\n/);
  assert.match(listed, /\/data\/four\n/);
  assert.not.match(listed, /\/one\n/);
});

test("a command of -A that fails is an error, and its image stays", () => {
  const iso = join(out, "web-1.iso");
  rmSync(iso, { force: true });
  const { status, err } = archive("-A", "echo no disc; exit 5");
  assert.is(status, 1, err);
  assert.match(err, new RegExp(`the command of -A for ${iso} ended with status 5`));
  assert.is(as("mondo", "verify", iso).status, 0);
});

test("mondorestore finds a set by -d and -p, and refuses two places", () => {
  const { err } = as("mondorestore", "--compare", "-i", "-d", out, "-p", "other");
  assert.match(err, /there is no backup in .*other-1[.]iso/);
  assert.match(as("mondorestore", "-d", out, "--from", out).err, /--from and --dir contradict each other/);
  assert.match(as("mondorestore", "--isonuke", "--compare").err, /--compare and --isonuke contradict each other/);
  assert.match(
    as("mondorestore", "--live-grub").err,
    /--live-grub \(installing GRUB alone\) is not there\n {2}Use --mbr/,
  );
  assert.match(as("mondorestore", "--mbr", "--partition-only").err, /--mbr and --partition-only contradict each other/);
});

test("-Q prints the boot loader, mindi a mountlist; -V alone is the version of each name", () => {
  const loader = as("mondoarchive", "-Q");
  assert.is(loader.status, 0, loader.err);
  assert.match(as("mondoarchive", "-Q", "-O").err, /-Q and --backup contradict each other/);
  const list = join(work, "mountlist.txt");
  assert.is(as("mindi", "--makemountlist", list).status, 0);
  assert.ok(existsSync(list));
  for (const name of ["mondoarchive", "mondorestore", "mindi"]) {
    assert.match(as(name, "-V").out, /^mondo \d/);
    assert.is(as(name, "-V").out, as("mondo", "--version").out);
  }
});

test.run();
