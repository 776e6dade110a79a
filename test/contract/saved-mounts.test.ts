import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { newSha256 } from "../../src/host/compress.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Mount } from "../../src/layout/types.ts";
import { mountForReading } from "../../src/restore/saved-mounts.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const place = scratch();
test.after(place.remove);
const host = linuxHost();
const sumOf = (file: string) => {
  const hash = newSha256();
  hash.update(readFileSync(file));
  return hash.hex();
};

const mount: Mount = { kind: "mount", id: "mount:/", of: "fs", path: "/", options: "rw", root: "/" };

for (const type of ["ext2", "ext3", "ext4"]) {
  needing(test, canLoop())(`mountForReading() mounts ${type} and changes not a byte of it`, () => {
    const file = place.image(`${type}.img`, 64 << 20);
    const content = `${place.path}/${type}-content`;
    host.makeDirectory(content);
    host.write(join(content, "hello"), type);
    sh(["mke2fs", "-q", "-F", "-t", type, "-d", content, file]);
    // As after a power cut: a journal that a plain mount would replay.
    if (type !== "ext2") sh(["debugfs", "-w", "-R", "feature needs_recovery", file]);
    const before = sumOf(file);
    const loop = attachLoop(file);
    const root = `${place.path}/${type}-root`;
    const layout = {
      version: 1,
      nodes: [{ kind: "filesystem", id: "fs", on: "x", type, sizeBytes: 64 << 20, details: {} }],
    };
    try {
      mountForReading({ host, manifest: { layout } as never, root }, () => [[loop.path]], mount);
      assert.is(readFileSync(join(root, "hello"), "utf8"), type);
      assert.throws(() => host.write(join(root, "other"), ""), /read-only|EROFS/i);
      assert.not.ok(existsSync(join(root, "other")));
    } finally {
      host.unmount(root);
      loop.detach();
    }
    assert.is(sumOf(file), before);
  });
}

test.run();
