import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decodeArchiveOptions, splitPaths } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { parseWords } from "../../../src/commands/parse.ts";

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
  [["-O", "-i", "-d", "/a", "-d", "/b"], "-d is given more than once"],
  [["-O", "-i", "-d", "relative"], "-d relative is not an absolute path"],
  [["-O", "-i", "-d", "/a/../b"], '-d /a/../b contains ".."'],
  [["-O", "-i", "-d", "/a", "-3", "-5"], "-3 and -5 contradict each other"],
  [["-O", "-i", "-d", "/a", "-p", "x/y"], 'the prefix "x/y" can\'t be part of a file name'],
  [["-O", "-i", "-d", "/a", "--threads", "0"], "--threads 0 is not a number from 1 to 64"],
] as const) {
  test(`parse(${words.join(" ")}) is refused: ${message}`, () => {
    assert.is(
      usageOf(() => parse(...words)),
      message,
    );
  });
}

test("splitPaths() keeps escaped blanks and drops the rest", () => {
  assert.equal(splitPaths("  /a\t/b\\ c \n/d\\\\e "), ["/a", "/b c", "/d\\e"]);
});

test.run();
