import { test } from "uvu";
import * as assert from "uvu/assert";
import { readMounts } from "../../../../src/probe/mounts/read-mounts.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const etc = "/etc/systemd/system";
const unit = "[Mount]\nWhat=/dev/sdb1\nWhere=/srv/data/\nType=xfs\nOptions=nofail\n";

test("units of mounts are read where they are, and those that are started by themselves are told apart", () => {
  const host = fakeHost({
    files: {
      [`${etc}/by-hand.mount`]: "[Mount]\nWhat=/dev/sdc1\nWhere=/by/hand\n",
      "/usr/lib/systemd/system/srv-data.mount": unit,
      [`${etc}/idle.mount`]: "[Mount]\nWhat=LABEL=idle\nWhere=/idle\n",
      [`${etc}/idle.automount`]: "[Automount]\nWhere=/idle\n",
      [`${etc}/no.mount`]: "[Mount]\nWhat=x\n",
    },
    links: {
      [`${etc}/local-fs.target.wants/srv-data.mount`]: "/usr/lib/systemd/system/srv-data.mount",
      [`${etc}/multi-user.target.wants/idle.automount`]: `${etc}/idle.automount`,
    },
  });
  const { mountUnits, enabledUnits } = readMounts(host, "", { mountinfo: "", fstab: "" });
  assert.equal([...mountUnits].sort(), ["/by/hand", "/idle", "/srv/data/"]);
  assert.equal(enabledUnits, [
    { name: "srv-data.mount", spec: "/dev/sdb1", path: "/srv/data/", type: "xfs", options: "nofail" },
    { name: "idle.mount", spec: "LABEL=idle", path: "/idle", type: "auto", options: "x-systemd.automount" },
  ]);
});

test("paths of fstab that lead elsewhere are followed, below a root of its own, too", () => {
  const files = { "/real/data/x": "", "/tree/real/data/x": "" };
  const fstab = "/dev/sdb1 //data/ ext4\n/dev/sdb2 /real ext4\n";
  const of = (base: string) =>
    readMounts(fakeHost({ files, links: { [`${base}/data`]: `${base}/real/data` } }), base, { mountinfo: "", fstab });
  assert.equal(of("").realPaths, { "/data": "/real/data" });
  assert.equal(of("/tree").realPaths, { "/data": "/real/data" });
});

test("the files behind loop devices and their partitions are known by number", () => {
  const block = "/sys/class/block";
  const files = {
    [`${block}/loop3/dev`]: "7:3\n",
    [`${block}/loop3/loop/backing_file`]: "/var/a file\n",
    [`${block}/loop3p1/dev`]: "259:7\n",
    [`${block}/loop4/dev`]: "7:4\n",
  };
  const { loops } = readMounts(fakeHost({ files }), "", { mountinfo: "", fstab: "" });
  assert.equal(loops, { "7:3": "/var/a file", "259:7": "/var/a file" });
});

test("a file system of a server or of a program is not asked for its size: it may never answer", () => {
  const host = { ...fakeHost(), usedBytes: (path: string) => path.length };
  const line = (path: string, type: string, source: string) => `1 1 0:9 / ${path} rw - ${type} ${source} rw`;
  const mountinfo = [line("/nfs", "nfs4", "a:/b"), line("/ssh", "fuse.sshfs", "a:"), line("/tank", "zfs", "tank")];
  assert.equal(readMounts(host, "", { mountinfo: mountinfo.join("\n"), fstab: "" }).usedBytes, { "/tank": 5 });
});

test.run();
