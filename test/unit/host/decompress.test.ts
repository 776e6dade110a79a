import { gzipSync } from "node:zlib";
import { xz } from "@napi-rs/lzma";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decompress } from "../../../src/host/decompress.ts";

const content = new TextEncoder().encode("a kernel module, or so ".repeat(5000));
const packed = {
  gz: new Uint8Array(gzipSync(content)),
  zst: new Uint8Array(Bun.zstdCompressSync(content)),
  xz: new Uint8Array(xz.compressSync(content)),
} as const;

for (const kind of ["gz", "zst", "xz"] as const) {
  test(`decompress("${kind}") gives what was compressed`, async () => {
    assert.equal(Buffer.from(await decompress(kind, packed[kind], "m.ko")), Buffer.from(content));
  });

  test(`decompress("${kind}") calls a cut or foreign file damaged, and names it`, async () => {
    for (const bytes of [
      packed[kind].subarray(0, packed[kind].length / 2),
      new Uint8Array([1, 2, 3]),
      new Uint8Array(0),
    ]) {
      const error = await decompress(kind, bytes, "m.ko").then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof MondoError, `${bytes.length} bytes`);
      assert.is((error as MondoError).code, "damaged");
      assert.match((error as MondoError).message, /^m\.ko does not decompress/);
    }
  });
}

test.run();
