import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { parseWords } from "../../../src/commands/parse.ts";

function codecOf(line: string): string {
  return decodeArchiveOptions(parseWords(archiveSpec, `-d /srv ${line}`.trim().split(" ")), false).codec;
}

test("decodeArchiveOptions() takes the codec of -G and --codec, zstd without them", () => {
  assert.is(codecOf(""), "zstd");
  assert.is(codecOf("-G"), "gzip");
  assert.is(codecOf("-G --codec gzip"), "gzip");
  for (const name of ["zstd", "gzip", "xz", "none"]) assert.is(codecOf(`--codec ${name}`), name);
});

test("decodeArchiveOptions() refuses an unknown codec and one that -G contradicts", () => {
  for (const line of ["--codec lzo", "--codec toString", "-G --codec xz"]) {
    assert.throws(
      () => codecOf(line),
      (error: unknown) => error instanceof MondoError && error.code === "usage",
    );
  }
});

const optionsOf = (line: string) =>
  decodeArchiveOptions(parseWords(archiveSpec, `-d /srv -p web1 ${line}`.trim().split(" ")), false);

test("decodeArchiveOptions() of -D is level 1 with a name of its own, and the prefix of the full backup", () => {
  const named = (line: string) => {
    const { diffLevel, prefix, setName } = optionsOf(line);
    return `${diffLevel} ${prefix} ${setName}`;
  };
  assert.is(named(""), "0 web1 web1");
  assert.is(named("-D"), "1 web1-d1 web1");
  assert.is(named("-D --diff-level 1"), "1 web1-d1 web1");
  assert.is(named("--diff-level 9"), "9 web1-d9 web1");
  assert.is(named("--diff-level 0"), "0 web1 web1");
  assert.equal(optionsOf("-D --parent /x/y.iso --content").parent, "/x/y.iso");
});

test("decodeArchiveOptions() refuses levels that are none or contradict -D, and --parent or --content of a full backup", () => {
  for (const line of [
    "--diff-level 10",
    "--diff-level x",
    "--diff-level 1.5",
    "-D --diff-level 2",
    "--content",
    "--parent /x",
  ]) {
    assert.throws(
      () => optionsOf(line),
      (error: unknown) => error instanceof MondoError && error.code === "usage",
      line,
    );
  }
});

test("decodeArchiveOptions() takes the devices of -x, and refuses what is none, what -E leaves out, and any with --root", () => {
  const words = ["-d", "/srv", "-x", "/dev/sda1 /dev/mapper/vg-win"];
  const { imageDevices } = decodeArchiveOptions(parseWords(archiveSpec, words), false);
  assert.equal(imageDevices, ["/dev/sda1", "/dev/mapper/vg-win"]);
  assert.equal(optionsOf("").imageDevices, []);
  for (const line of ["-x sda1", "-x /srv/file", "-x /dev/sda1 -E /dev/sda1", "-x /dev/sda1 --root /srv"]) {
    assert.throws(
      () => optionsOf(line),
      (error: unknown) => error instanceof MondoError && error.code === "usage",
      line,
    );
  }
});

test("decodeArchiveOptions() takes --usb-fs for a stick, of -U, too, and refuses it elsewhere", () => {
  const stickOf = (line: string) =>
    decodeArchiveOptions(parseWords(archiveSpec, line.split(" ")), false).stick?.filesystem;
  assert.is(stickOf("--usb /dev/sdb"), undefined);
  assert.is(stickOf("--usb /dev/sdb --usb-fs exfat"), "exfat");
  assert.is(stickOf("-U -d /dev/sdb --usb-fs ext4"), "ext4");
  for (const line of ["--usb /dev/sdb --usb-fs ntfs", "-d /srv --usb-fs exfat", "-t --usb-fs exfat"]) {
    assert.throws(
      () => stickOf(line),
      (error: unknown) => error instanceof MondoError && error.code === "usage",
      line,
    );
  }
});

test("decodeArchiveOptions() says first what is to be done, then what for", () => {
  const asMondoarchive =
    (...words: string[]) =>
    () =>
      decodeArchiveOptions(parseWords(archiveSpec, words), true);
  assert.throws(asMondoarchive(), /^neither -O nor -V is given/);
  assert.throws(asMondoarchive("-O"), /^no medium is given/);
  assert.throws(asMondoarchive("-O", "-i"), /^no target is given/);
});

test("decodeArchiveOptions() removes nothing where nothing is made", () => {
  const words = ["-V", "--to", "s3://vault/sets", "--keep-daily", "3"];
  const decode = (more: readonly string[]) => decodeArchiveOptions(parseWords(archiveSpec, [...words, ...more]), false);
  assert.throws(() => decode([]), /^--keep-daily needs a backup, and -V alone makes none$/);
  assert.equal(decode(["-O"]).storeKeep, { daily: 3 });
});

test.run();
