import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { addonDescriptors, addonFromDirectory, loadAddon } from "../../../src/host/embedded-addon.ts";

type Zstd = typeof import("zstd-napi/binding.js");
type Lzma = typeof import("@napi-rs/lzma");

const modules = `${import.meta.dirname}/../../../node_modules`;
const zstdFile = `${modules}/zstd-napi/build/Release/binding.node`;
const lzmaFile = `${modules}/@napi-rs/lzma-linux-x64-gnu/lzma.linux-x64-gnu.node`;
const text = new TextEncoder().encode("a line\n".repeat(1000));

function works(zstd: Zstd): void {
  const out = new Uint8Array(10_000);
  const length = new zstd.CCtx().compress2(out, text);
  assert.equal(new Uint8Array(Bun.zstdDecompressSync(out.subarray(0, length))), text);
}

test("loadAddon() loads both from memory, each as what it is, and once for all threads", () => {
  works(loadAddon("zstd", zstdFile) as Zstd);
  const { xz } = loadAddon("lzma", lzmaFile) as Lzma;
  assert.equal(new Uint8Array(xz.decompressSync(xz.compressSync(text))), text);
  const opened = [...addonDescriptors];
  assert.ok(opened.every((fd) => fd > 0) && new Set(opened).size === 2, "each has a descriptor of its own");
  works(loadAddon("zstd", zstdFile) as Zstd);
  assert.equal([...addonDescriptors], opened);
});

test("addonFromDirectory() leaves nothing behind", () => {
  const parent = `/tmp/mondo-addon-test-${process.pid}`;
  mkdirSync(parent);
  works(addonFromDirectory(parent, "zstd", readFileSync(zstdFile)) as Zstd);
  assert.equal(readdirSync(parent), []);
  rmSync(parent, { recursive: true });
  assert.throws(() => addonFromDirectory(parent, "zstd", new Uint8Array(9)));
  assert.not(existsSync(parent));
});

test("loadAddon() says in one sentence that none of its ways works", () => {
  addonDescriptors.fill(0);
  assert.throws(
    () => loadAddon("zstd", "/etc/hostname"),
    (error: unknown) =>
      error instanceof MondoError && /^the part of mondo for zstd can't be loaded/.test(error.message),
  );
});

test.run();
