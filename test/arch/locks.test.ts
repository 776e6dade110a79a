/** The lock for aarch64 follows the one for x86-64. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly integrity?: string }>>;
}
const root = join(import.meta.dirname, "../..");
const lockOf = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8")) as Lock;

test("runtime and addon for aarch64 are of the same versions, with their checksums", () => {
  const [main, arm] = [lockOf("package-lock.json").packages, lockOf(".ci/arm64/package-lock.json").packages];
  const pairs = [
    ["@oven/bun-linux-x64-baseline", "@oven/bun-linux-aarch64"],
    ["@napi-rs/lzma-linux-x64-gnu", "@napi-rs/lzma-linux-arm64-gnu"],
  ] as const;
  for (const [here, there] of pairs) {
    const { version, integrity } = arm[`node_modules/${there}`] ?? {};
    assert.is(version, main[`node_modules/${here}`]?.version, there);
    assert.match(integrity ?? "", /^sha512-/, there);
  }
  assert.is(Object.keys(arm).length, pairs.length + 1);
});

test.run();
