/** Swap files: made again on each file system, and taken by the kernel. */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { swapDriver } from "../../src/drivers/fs/swap.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { nodesOf } from "../../src/layout/types.ts";
import { swapFileActions } from "../../src/plan/swap-file-actions.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { applyEffect } from "../../src/run/apply-effect.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const MIB = 1 << 20;
const host = linuxHost();

const cases: readonly { readonly type: string; readonly make: readonly string[]; readonly options: string }[] = [
  { type: "ext4", make: ["mke2fs", "-q", "-F", "-t", "ext4"], options: "noatime" },
  { type: "xfs", make: ["mkfs.xfs", "-q", "-f"], options: "noatime" },
  { type: "btrfs", make: ["mkfs.btrfs", "-q", "-f"], options: "compress-force=zstd" },
];

for (const { type, make, options } of cases) {
  needing(test, canLoop())(
    `a swap file on ${type} is found, left out of the files, and made so that the kernel swaps to it`,
    async () => {
      const place = scratch();
      const root = `${place.path}/root`;
      mkdirSync(root);
      const loop = attachLoop(place.image("disk", 400 * MIB));
      try {
        sh([...make, loop.path]);
        sh(["mount", "-t", type, "-o", options, loop.path, root]);
        mkdirSync(`${root}/etc`);
        mkdirSync(`${root}/swap`);
        writeFileSync(
          `${root}/etc/fstab`,
          "/swap/file none swap sw 0 0\n/absent none swap sw 0 0\n/etc/fstab none swap sw\n",
        );
        writeFileSync(`${root}/swap/file`, new Uint8Array(24 * MIB), { mode: 0o600 });
        sh(["mkswap", "-L", "in a file", `${root}/swap/file`]);
        const facts = await readFacts(host, root, { loops: true });
        const layout = layoutFrom(facts, { root, excludedDevices: [] });
        const [file, ...others] = nodesOf(layout, "swap-file");
        assert.equal(others, []);
        assert.equal(
          [file?.path, file?.sizeBytes, file?.mode, file?.label],
          ["/swap/file", 24 * MIB, 0o600, "in a file"],
        );
        assert.equal(layout, JSON.parse(JSON.stringify(layout)));

        sh(["rm", "-r", `${root}/swap`]);
        const [action] = swapFileActions(layout, root);
        const context = { host, root, unpack: async () => undefined, log: () => undefined };
        // Twice: what is there already is made again.
        for (let round = 0; round < 2; round++)
          for (const effect of action?.effects ?? []) await applyEffect(context, effect);
        const head = swapDriver.recognise((at, length) => host.readAt(`${root}/swap/file`, at, length));
        assert.equal([head?.uuid, head?.label], [file?.uuid, file?.label]);
        assert.is(host.stat(`${root}/swap/file`)?.mode, 0o600);
        sh(["swapon", `${root}/swap/file`]);
        sh(["swapoff", `${root}/swap/file`]);
      } finally {
        sh(["umount", root]);
        loop.detach();
        place.remove();
      }
    },
  );
}

test.run();
