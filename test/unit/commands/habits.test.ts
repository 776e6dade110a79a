/** Every option that Mondo had works, or is answered by what does the same. Source of the list: mondoarchive(8). */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { readList } from "../../../src/commands/archive-list.ts";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { habitNotes } from "../../../src/commands/habit-notes.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { spellingsOf } from "../../../src/commands/spec.ts";
import { commands } from "../../../src/commands/table.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { restoreMoments } from "../../../src/run/find-hooks.ts";

const classic: Readonly<Record<string, readonly string[]>> = {
  archive: [..."OVcwrCintuUdps0123456789LGRzDIEJNxkolfQWHPABmeFgbSTK"].map((letter) => `-${letter}`),
  restore: [
    ...["--nuke", "--interactive", "--compare", "--iso", "--isonuke", "--mbr", "--edit-mountlist", "--partition-only"],
    ...["--format-only", "--stop-lvm-and-raid", "--live-grub", "-p", "-i", "-n", "-d", "-K", "-t", "-u", "-U"],
  ],
  image: ["--findkernel", "--makemountlist", "--custom", "--usb", "--max-compressed-size"],
};

/** The usage error that `work` must throw. */
function usageOf(work: () => unknown): MondoError {
  try {
    work();
  } catch (error) {
    if (error instanceof MondoError && error.code === "usage") return error;
    throw error;
  }
  throw new Error("no error");
}

for (const { spec } of commands.filter(({ spec: { name } }) => name in classic)) {
  test(`${spec.name}: each classic option is there once, or says what does the same`, () => {
    for (const spelling of classic[spec.name] ?? []) {
      const having = spec.options.filter((option) => spellingsOf(option).includes(spelling));
      assert.ok(having.length <= 1, `${spelling} is there twice`);
      if (having.length === 1) continue;
      const { message, hint } = usageOf(() => parseWords(spec, [spelling]));
      assert.match(message, new RegExp(`^${spelling} \\([^)]+\\) is not there$`));
      assert.match(hint ?? "", /^[A-Z"].*[.]$/);
    }
  });
}

test("what classic options say now names options and boot words that are there", () => {
  const hintOf = (name: string, spelling: string) => {
    const spec = commands.find((command) => command.spec.name === name)?.spec;
    return spec === undefined ? "" : (usageOf(() => parseWords(spec, [spelling])).hint ?? "");
  };
  const restoring = commands.find(({ spec }) => spec.name === "restore")?.spec.options ?? [];
  for (const spelling of ["--live-grub", "-t", "-u", "-U"])
    for (const [option] of hintOf("restore", spelling).matchAll(/--[a-z-]+/g))
      assert.ok(
        restoring.some((one) => spellingsOf(one).includes(option)),
        `${spelling}: ${option}`,
      );
  assert.ok(parseBootOptions("mondo.source=tape:").network.tape);
  assert.match(hintOf("restore", "-t"), "mondo.source=tape:");
  assert.match(hintOf("restore", "--live-grub"), "--mbr");
  const moments: readonly string[] = restoreMoments;
  const named = moments.filter((moment) => hintOf("archive", "-P").includes(moment));
  assert.equal(named, ["after-restore"]);
});

const optionsOf = (...words: string[]) => {
  const parsed = parseWords(archiveSpec, ["-O", "-i", "-d", "/srv", ...words]);
  return { ...decodeArchiveOptions(parsed, true), notes: habitNotes(archiveSpec, parsed) };
};

test("the line of 2007 is understood to its end, and what is left of it is told", () => {
  const { level, codec, notes, excludeDevices } = optionsOf(
    ..."-9 -L -z -o -F -W -g -R -K 99 -N -E /dev/sdb".split(" "),
  );
  assert.equal([level, codec, excludeDevices], [9, "zstd", ["/dev/sdb"]]);
  assert.is(notes.length, 8);
  for (const note of notes) assert.match(note, /^-[A-Za-z]: .*[^.]$/);
});

test("-L is zstd at level 1 unless another is given", () => {
  assert.is(optionsOf("-L").level, 1);
  assert.is(optionsOf("-L", "-5").level, 5);
  assert.is(optionsOf().level, 3);
});

for (const [words, message] of [
  [["-L", "-0"], "-0 and -L contradict each other"],
  [["-L", "-G"], "-L and -G contradict each other"],
  [["-L", "--codec", "xz"], "-L and --codec xz contradict each other"],
  [["-J", "/list", "-I", "/etc"], "-J and -I contradict each other"],
  [["-J", "list"], "-J list is not an absolute path"],
  [["-K", "all"], "-K all is not a number from 0 to 99"],
  [["-l", "BOOT"], "-l BOOT is no boot loader"],
  [["-f", "sda"], "-f sda is not an absolute path"],
  [["--layout", "directory", "-A", "true"], "-A makes sense for ISO files only"],
  [["--layout", "directory", "-B", "true"], "-B makes sense for ISO files only"],
] as const) {
  test(`mondoarchive ${words.join(" ")} is refused: ${message}`, () => {
    assert.is(usageOf(() => optionsOf(...words)).message, message);
  });
}

/** A host with one file. */
const withFile = (text: string | Uint8Array) => ({
  stat: (path: string) => (path === "/list" ? ({ kind: "file" } as never) : undefined),
  read: () => (typeof text === "string" ? new TextEncoder().encode(text) : text),
});

test("a list names a path in each line: blanks, no line feed at the end, and names that are no UTF-8", () => {
  assert.equal(readList(withFile("/etc/passwd\n/srv/a b \n\n/etc/passwd\n/home/./x/"), "/list"), [
    "/etc/passwd",
    "/srv/a b ",
    "/home/x",
  ]);
  const [odd = ""] = readList(withFile(Uint8Array.of(0x2f, 0xff, 0x0a)), "/list");
  assert.is(odd.length, 2);
  assert.match(
    usageOf(() => readList(withFile("/etc\nrelative\n"), "/list")).message,
    /line 2: relative is not an absolute/,
  );
  assert.match(usageOf(() => readList(withFile("\n\n"), "/list")).message, /names nothing/);
  assert.throws(
    () => readList(withFile(""), "/other"),
    (error: MondoError) => error.code === "not-found",
  );
});

test.run();
