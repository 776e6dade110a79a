import { test } from "uvu";
import * as assert from "uvu/assert";
import { mountsToRelease, parseMountInfo } from "../../../../src/init/pid1/mount-table.ts";

const mountInfo = `22 1 0:2 / / rw - rootfs none rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:5 / /dev rw - devtmpfs devtmpfs rw
30 22 11:0 / /mnt/medium ro,nosuid - iso9660 /dev/sr0 ro
31 22 8:2 / /mnt/restore rw shared:1 - ext4 /dev/sda2 rw
32 31 8:1 / /mnt/restore/a\\040b rw - vfat /dev/sda1 rw
33 31 0:21 / /mnt/restore/proc rw - proc proc rw
`;

test("mountsToRelease() goes innermost first and spares what the rescue stands on", () => {
  assert.equal(
    mountsToRelease(mountInfo).map(({ mountPoint }) => mountPoint),
    ["/mnt/restore/proc", "/mnt/restore/a b", "/mnt/restore", "/mnt/medium"],
  );
});

test("parseMountInfo() reads type, source and read-only, optional fields or not", () => {
  const mounts = parseMountInfo(mountInfo);
  assert.equal(mounts[3], { mountPoint: "/mnt/medium", type: "iso9660", source: "/dev/sr0", readOnly: true });
  assert.equal(mounts[4], { mountPoint: "/mnt/restore", type: "ext4", source: "/dev/sda2", readOnly: false });
  assert.equal(parseMountInfo("noise\n - \n"), [{ mountPoint: "", type: "", source: "", readOnly: false }]);
});

test.run();
