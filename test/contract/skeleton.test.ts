import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeText } from "../../src/base/bytes.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { addSkeleton } from "../../src/image/skeleton.ts";
import { Tree } from "../../src/image/tree.ts";
import { attachLoop, sh } from "../support/loop-disk.ts";

const root = mkdtempSync(join(tmpdir(), "mondo-skeleton-"));
test.after(() => rmSync(root, { recursive: true, force: true }));

test("addSkeleton() takes driver options of the machine, but not what switches drivers off", () => {
  mkdirSync(join(root, "etc/modprobe.d"), { recursive: true });
  writeFileSync(
    join(root, "etc/modprobe.d/a.conf"),
    "# x\noptions mpt3sas max_queue_depth=100 \\\n  y=1\nblacklist floppy\ninstall usb-storage /bin/true\n",
  );
  const tree = new Tree();
  addSkeleton(linuxHost(), root, tree);
  const node = tree.get("etc/modprobe.d/machine.conf");
  assert.is(node?.kind, "bytes");
  assert.is(node?.kind === "bytes" ? decodeText(node.bytes) : "", "options mpt3sas max_queue_depth=100    y=1\n");
});

test("addSkeleton() has what the first instructions of /init need: proc/self/maps, console, mount points, no accounts but root", () => {
  const tree = new Tree();
  addSkeleton(linuxHost(), root, tree);
  const text = (path: string) => {
    const node = tree.get(path);
    return node?.kind === "bytes" ? decodeText(node.bytes) : "";
  };
  assert.match(text("proc/self/maps"), /^7ff000000000-7ffffffff000 rw-p 00000000 00:00 0 \[stack\]\n$/);
  assert.equal(tree.get("dev/console"), { kind: "char", major: 5, minor: 1, mode: 0o600 });
  assert.equal(tree.get("tmp"), { kind: "directory", mode: 0o1777 });
  for (const path of ["sys", "run", "mnt", "root"]) assert.is(tree.get(path)?.kind, "directory");
  assert.equal(tree.get("usr/bin/mondorestore"), { kind: "link", target: "/init" });
  assert.match(text("etc/passwd"), /^root:x:0:0:/);
});

test("lsblk of the rescue shows what blkid shows, where no udev runs, and leaves no trace", () => {
  const tree = new Tree();
  addSkeleton(linuxHost(), root, tree);
  const node = tree.get("usr/local/sbin/lsblk");
  const script = join(root, "lsblk");
  writeFileSync(script, node?.kind === "bytes" ? node.bytes : "", { mode: 0o755 });
  assert.is(node?.kind === "bytes" ? node.mode : 0, 0o755);
  const image = join(root, "image");
  sh(["truncate", "-s", "8M", image]);
  sh(["mke2fs", "-q", "-t", "ext4", "-L", "a label", image]);
  const before = existsSync("/run/udev");
  const loop = attachLoop(image);
  try {
    const [line = ""] = sh([script, "-rno", "NAME,FSTYPE,LABEL,UUID", loop.path]).split("\n");
    const uuid = sh(["blkid", "-p", "-s", "UUID", "-o", "value", loop.path]).trim();
    assert.is(line, `${loop.path.slice(5)} ext4 a\\x20label ${uuid}`);
    assert.throws(() => sh([script, "/dev/none"]), /not a block device/);
  } finally {
    loop.detach();
  }
  assert.is(existsSync("/run/udev"), before);
});

test.run();
