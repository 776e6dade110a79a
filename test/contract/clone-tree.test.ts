import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../src/host/linux.ts";
import { readHidden } from "../../src/probe/mounts/read-hidden.ts";
import { sh } from "../support/loop-disk.ts";

test("the kernel shows what a mount hides, and no mount is left behind", () => {
  const work = mkdtempSync(join(tmpdir(), "mondo-hidden-"));
  const [image, at] = [join(work, "image"), join(work, "at")];
  mkdirSync(at);
  sh(["truncate", "-s", "4M", image]);
  sh(["mke2fs", "-q", "-F", "-t", "ext4", image]);
  sh(["mount", "-o", "loop", image, at]);
  try {
    mkdirSync(join(at, "data/deep"), { recursive: true });
    writeFileSync(join(at, "data/deep/forgotten"), "12345");
    mkdirSync(join(at, "none"));
    sh(["mount", "-t", "tmpfs", "tmpfs", join(at, "data")]);
    sh(["mount", "-t", "tmpfs", "tmpfs", join(at, "none")]);
    const own = () =>
      readFileSync("/proc/self/mountinfo", "utf8")
        .split("\n")
        .filter((line) => line.includes(work));
    const mounts = own();
    assert.equal(readHidden(linuxHost(), mounts.join("\n")), {
      hidden: { [join(at, "data")]: { under: at, files: 1, bytes: 5 } },
      unseen: [],
    });
    assert.equal(own(), mounts);
  } finally {
    sh(["umount", "-R", at]);
    rmSync(work, { recursive: true });
  }
});

test.run();
