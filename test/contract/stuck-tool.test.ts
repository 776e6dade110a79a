/**
 * A tool that waits in the kernel, where not even SIGKILL reaches it, as with a dead disk or server: here a file system
 * that is frozen.
 */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../src/base/errors.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { canLoop, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { mountFresh } from "../unit/archive/odd-tree.ts";

const host = linuxHost();

for (const [says, name] of [
  ["", "file"],
  [", nor does one whose name is no UTF-8", "file\udcff"],
] as const) {
  needing(test, canLoop())(`a tool that can't be ended does not hold us${says}`, async () => {
    const place = mountFresh("ext4", 32);
    if (!place) throw new Error("no file system could be made");
    try {
      sh(["fsfreeze", "--freeze", place.path]);
      const error = await host
        .run({ argv: ["touch", join(place.path, name)], timeoutMs: 200 })
        .catch((thrown) => thrown);
      assert.instance(error, MondoError);
      assert.match(error.message, /^touch was killed and does not end: it waits for a device or server/);
    } finally {
      sh(["fsfreeze", "--unfreeze", place.path]);
      place.release();
    }
  });
}

test("of output that is reported line by line only the end is kept", async () => {
  const lines: number[] = [];
  const argv = ["sh", "-c", "yes 0123456789 | head -c 8000000; head -c 3000000 /dev/zero | tr '\\0' x; echo end"];
  const { stdout } = await host.run({ argv, onLine: () => lines.push(1) });
  assert.ok(lines.length > 727_000, `${lines.length}`);
  assert.ok(stdout.length < 2_100_000 && stdout.endsWith("xend\n"), `${stdout.length}`);
});

test.run();
