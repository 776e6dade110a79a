import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../src/archive/entry.ts";
import { extractArchive } from "../../../src/archive/extract/extract-archive.ts";
import type { ExtractResult } from "../../../src/archive/extract/extract-request.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { craft, craftSet } from "./crafted-set.ts";

interface Ground {
  readonly outside: string;
  readonly target: string;
  extract(entries: readonly Entry[]): Promise<ExtractResult>;
}

/** Whether files have their names at once or only when they are complete, nothing outside is touched. */
async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  for (const hideUnfinished of [false, true]) await onFreshGround(hideUnfinished, work);
}

/** A target beside a directory that must stay as it is. */
async function onFreshGround(hideUnfinished: boolean, work: (ground: Ground) => Promise<void>): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-hostile-"));
  const [outside, target, directory] = ["outside", "target", "set"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [outside, target, directory]) mkdirSync(path);
  writeFileSync(join(outside, "precious"), "precious", { mode: 0o600 });
  const before = lstatSync(outside);
  try {
    await work({
      outside,
      target,
      extract: (entries) =>
        extractArchive(
          { directory, manifest: craftSet(directory, entries), target, threads: 0, hideUnfinished },
          silentReporter,
        ),
    });
    assert.is(readFileSync(join(outside, "precious"), "utf8"), "precious");
    assert.is(lstatSync(join(outside, "precious")).mode & 0o7777, 0o600);
    assert.is(lstatSync(join(outside, "precious")).nlink, 1);
    assert.is(lstatSync(outside).mtimeMs, before.mtimeMs);
    assert.not.ok(existsSync(join(base, "escaped")));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

for (const path of [
  "../escaped",
  "/escaped",
  "a/../../escaped",
  "a//escaped",
  "./escaped",
  "a/..",
  "..",
  "a\0b",
  "escaped/",
]) {
  test(`extractArchive() refuses the name ${JSON.stringify(path)}`, () =>
    onGround(async ({ target, extract }) => {
      for (const kind of ["file", "symlink", "fifo", "hardlink"] as const) {
        const { problems } = await extract([craft("first", "file"), craft(path, kind, { to: "first" })]);
        assert.is(problems.length, 1, kind);
        assert.is(problems[0]?.severity, "lost");
      }
      assert.is(readFileSync(join(target, "first"), "utf8"), "crafted");
    }));
}

test("extractArchive() refuses a directory named ..", () =>
  onGround(async ({ extract }) => {
    const { problems } = await extract([
      craft("..", "directory", { mode: 0o777 }),
      craft("x/../../outside", "directory"),
    ]);
    assert.ok(problems.length >= 2);
  }));

test("extractArchive() does not write through a symbolic link of the archive", () =>
  onGround(async ({ outside, extract }) => {
    const { problems } = await extract([
      craft("way", "symlink", { to: outside }),
      craft("way/precious", "file"),
      craft("way/new", "file"),
      craft("way/sub", "directory"),
    ]);
    assert.is(problems.filter(({ severity }) => severity === "lost").length, 4);
    assert.not.ok(existsSync(join(outside, "new")));
    assert.not.ok(existsSync(join(outside, "sub")));
  }));

test("extractArchive() replaces a symbolic link by a file and leaves what it pointed to", () =>
  onGround(async ({ outside, target, extract }) => {
    const { problems } = await extract([
      craft("name", "symlink", { to: join(outside, "precious") }),
      craft("name", "file", { mode: 0o777 }),
    ]);
    assert.equal(problems, []);
    assert.ok(lstatSync(join(target, "name")).isFile());
  }));

test("extractArchive() does not give a directory's metadata to what a symbolic link points to", () =>
  onGround(async ({ outside, target, extract }) => {
    symlinkSync(outside, join(target, "there"));
    const { problems } = await extract([craft("there", "directory", { mode: 0o777, uid: 1 })]);
    assert.ok(problems.every(({ severity }) => severity === "lost"));
    assert.ok(problems.length > 0);
  }));

test("extractArchive() makes no hard link to anything outside", () =>
  onGround(async ({ outside, target, extract }) => {
    symlinkSync(outside, join(target, "inside"));
    for (const to of ["../outside/precious", join(outside, "precious"), "inside/precious", "", "missing"]) {
      const { problems } = await extract([craft("link", "hardlink", { to })]);
      assert.is(problems.length, 1, to);
      assert.not.ok(existsSync(join(target, "link")));
    }
  }));

test("extractArchive() keeps a directory with content where the archive has a file", () =>
  onGround(async ({ target, extract }) => {
    mkdirSync(join(target, "full"));
    writeFileSync(join(target, "full/kept"), "kept");
    const { problems } = await extract([craft("full", "file")]);
    assert.match(problems[0]?.reason ?? "", "a directory that is not empty is in its place");
    assert.is(readFileSync(join(target, "full/kept"), "utf8"), "kept");
  }));

test("extractArchive() names a file whose place in its frame can't be", () =>
  onGround(async ({ extract }) => {
    const wrong = [{ dataOffset: 1 }, { dataOffset: 2 ** 40 }, { size: 2 ** 45 }, { hash: 1n }, { size: 3 }];
    const { problems } = await extract(wrong.map((more, i) => craft(`file${i}`, "file", more)));
    assert.is(problems.filter(({ severity }) => severity === "lost").length, wrong.length);
  }));

test("extractArchive() names a file in pieces whose pieces are missing", () =>
  onGround(async ({ extract }) => {
    const { problems } = await extract([craft("large", "file", { pieces: 3, size: 2 ** 30 })]);
    assert.match(problems[0]?.reason ?? "", "does not have all its pieces");
  }));

test("extractArchive() refuses data ranges that overlap as a damaged catalog", () =>
  onGround(async ({ extract }) => {
    try {
      await extract([craft("holes", "file", { size: 100, extents: [0, 10, 5, 10] })]);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof MondoError);
      assert.is(error.code, "damaged");
    }
  }));

test.run();
