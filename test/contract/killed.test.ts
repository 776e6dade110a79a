/** A restore of a btrfs on several disks that was killed and started again. */
import { test } from "uvu";
import { restoreKilled } from "../support/killed-restore.ts";
import { canLoop, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

needing(test, canLoop())(
  "a restore of btrfs raid1 over two disks that was killed after any of its effects and started again gives the same",
  () =>
    restoreKilled(
      {
        name: "btrfs raid1 over two disks",
        disks: [300, 300],
        make(disks) {
          sh(["mkfs.btrfs", "-q", "-f", "-L", "pool", "-m", "raid1", "-d", "raid1", ...disks]);
        },
        mounts: [["DISK", "/"]],
      },
      1,
    ),
);

test.run();
