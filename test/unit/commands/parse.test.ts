import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decodeArchiveOptions, splitPaths } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { asksForHelp } from "../../../src/commands/scan-words.ts";

const parse = (...words: string[]) => decodeArchiveOptions(parseWords(archiveSpec, words), true);

/** The message of the usage error that `work` must throw. */
function usageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof MondoError && error.code === "usage") return error.message;
    throw error;
  }
  throw new Error("no error");
}

test("parse() understands mondoarchive's classic line", () => {
  const options = parse("-OVi", "-d", "/srv/backup/", "-p", "web1", "-E", "/tmp /dev/sdb /var/a\\ b", "-9", "-N", "-H");
  assert.equal(options.directory, "/srv/backup");
  assert.equal(options.prefix, "web1");
  assert.equal(options.exclude, ["/tmp", "/var/a b"]);
  assert.equal(options.excludeDevices, ["/dev/sdb"]);
  assert.is(options.level, 9);
  assert.ok(options.backup && options.verify && options.restoreByDefault && options.eject);
  assert.equal(options.include, ["/"]);
});

test("parse() takes long names, = and glued values", () => {
  const options = parse("-O", "--iso", "--dir=/a", "--exclude", "/b", "-k/boot/vmlinuz");
  assert.is(options.directory, "/a");
  assert.equal(options.exclude, ["/b"]);
  assert.is(options.kernel, "/boot/vmlinuz");
});

for (const [words, message] of [
  [["-O", "-i"], "no target is given"],
  [["-i", "-d", "/a"], "neither -O nor -V is given"],
  [["-O", "-d", "/a"], "no medium is given"],
  [["-O", "-i", "-d", "/a", "-Z"], "unknown option -Z"],
  [["-O", "-i", "-d", "/a", "--nonsense=3"], "unknown option --nonsense"],
  [["-O", "-i", "-d", "/a", "--no-iso"], "unknown option --no-iso"],
  [["-O", "-i", "-d", "/a", "stray"], 'unexpected word "stray"'],
  [["-O", "-i", "-d"], "-d needs a value: DIR"],
  [["-O", "-O", "-i", "-d", "/a"], "-O is given more than once"],
  [["-OO", "-i", "-d", "/a"], "-O is given more than once"],
  [["-O", "--backup", "-i", "-d", "/a"], "-O is given more than once"],
  [["-O", "-i", "-d", "/a", "--dir", "/b"], "-d is given more than once"],
  [["-OZi", "-d", "/a"], "unknown option -Z in -OZi"],
  [["-O", "--iso=yes", "-d", "/a"], "--iso takes no value"],
  [["-O", "-i", "-d", "--verify"], "-d needs a value: DIR"],
  [["-O", "-i", "--dir=", "-d", "/a"], "-d is given more than once"],
  [["-O", "-i", "-d", "/a", "-d", "/b"], "-d is given more than once"],
  [["-O", "-i", "-d", "relative"], "-d relative is not an absolute path"],
  [["-O", "-i", "-d", "/a/../b"], '-d /a/../b contains ".."'],
  [["-O", "-i", "-d", "/a", "-3", "-5"], "-3 and -5 contradict each other"],
  [["-O", "-i", "-d", "/a", "-p", "x/y"], 'the prefix "x/y" can\'t be part of a file name'],
  [["-O", "-i", "-d", "/a", "-p", "a\tb"], 'the prefix "a\tb" can\'t be part of a file name'],
  [["-O", "-i", "-d", "/a", "-p", "ü".repeat(101)], "the prefix is too long for a file name: 202 bytes"],
  [["-O", "-i", "-d", "/a", "--threads", "0"], "--threads 0 is not a number from 1 to 64"],
] as const) {
  test(`parse(${words.join(" ")}) is refused: ${message}`, () => {
    assert.is(
      usageOf(() => parse(...words)),
      message,
    );
  });
}

test("parse() adds up paths that are given in several options", () => {
  const options = parse("-O", "-i", "-d", "/a", "-E", "/tmp /dev/sdb", "--exclude=/var/b", "-I", "/etc", "-I", "/srv");
  assert.equal(options.exclude, ["/tmp", "/var/b"]);
  assert.equal(options.excludeDevices, ["/dev/sdb"]);
  assert.equal(options.include, ["/etc", "/srv"]);
});

for (const [word, meant] of [
  ["--exclud", "--exclude"],
  ["--exlcude=/tmp", "--exclude"],
  ["--dri=/a", "--dir"],
] as const) {
  test(`parse(${word}) asks whether ${meant} was meant`, () => {
    try {
      parse("-O", "-i", word);
    } catch (error) {
      assert.ok(error instanceof MondoError && error.hint?.startsWith(`Did you mean ${meant}? `), String(error));
      return;
    }
    assert.unreachable();
  });
}

test("asksForHelp() finds --help wherever it stands, but not as a value or behind --", () => {
  assert.ok(asksForHelp(archiveSpec, ["-O", "--help"]));
  assert.ok(asksForHelp(archiveSpec, ["-h"]));
  assert.not(asksForHelp(archiveSpec, ["-p", "--help"]));
  assert.not(asksForHelp(archiveSpec, ["--", "--help"]));
});

test("splitPaths() keeps escaped blanks and drops the rest", () => {
  assert.equal(splitPaths("  /a\t/b\\ c \n/d\\\\e "), ["/a", "/b c", "/d\\e"]);
});

test.run();
