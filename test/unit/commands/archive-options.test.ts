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

test.run();
