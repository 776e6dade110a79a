import { test } from "uvu";
import * as assert from "uvu/assert";
import { foreignMountNotes, mountsBelow, refusePseudo } from "../../../src/backup/mounts-below.ts";
import { fakeHost } from "../../support/fake-host.ts";

const mountinfo = `20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:4 / /proc rw - proc proc rw
30 20 8:2 / /srv/tree/home rw - xfs /dev/sda2 rw
31 20 0:40 / /srv/tree/nas rw - nfs4 server:/export rw
32 20 0:41 / /srv/tree/tmp rw - tmpfs tmpfs rw
33 20 0:4 / /srv/tree/proc rw - proc proc rw
34 20 8:1 /etc /srv/tree/again rw - ext4 /dev/sda1 rw
35 20 11:0 / /srv/tree/disc ro - iso9660 /dev/sr0 ro
36 20 8:3 / /srv/tree-two rw - ext4 /dev/sda3 rw
38 20 0:5 / /dev rw - devtmpfs udev rw
39 20 0:50 / /net rw - autofs /etc/auto.net rw
40 39 0:51 / /net/there rw - nfs4 server:/x rw
41 20 0:52 / /srv/fuse rw - fuse.sshfs me@server: rw
37 20 8:4 / /srv/tree/a\\040b rw - ext4 /dev/sda4 rw
`;
const host = fakeHost({ files: { "/proc/self/mountinfo": mountinfo, "/srv/tree/x": "" } });

test("mountsBelow() enters disks, names what else holds files, and passes pseudo file systems over", () => {
  const mounts = mountsBelow(host, "/srv/tree");
  const entered = mounts.filter(({ isEntered }) => isEntered).map(({ path }) => path);
  assert.equal(entered, ["/home", "/a b"]);
  const chosen = { include: ["/", "/tmp", "/disc/x"], exclude: [] };
  assert.equal(foreignMountNotes(mounts, { ...chosen, exclude: ["/nas", "/again"] }, "/srv/tree"), []);
  assert.equal(foreignMountNotes(mounts, { include: ["/home"], exclude: [] }, "/srv/tree"), []);
  assert.equal(foreignMountNotes(mounts, chosen, "/srv/tree"), [
    "/nas below /srv/tree is a mount point (nfs4): its files are not saved without -I /nas",
    "/again below /srv/tree is a mount point (ext4): its files are not saved without -I /again",
  ]);
});

test("foreignMountNotes() names a file that another one is mounted over, also one of a pseudo file system", () => {
  const over = [
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "21 20 0:5 /null /srv/tree/secret rw - devtmpfs udev rw",
    "22 20 8:2 /x /srv/tree/etc/hosts rw - ext4 /dev/sda2 rw",
    "23 20 0:5 / /srv/tree/dev rw - devtmpfs udev rw",
    "24 20 0:9 / /srv/tree/nas rw - nfs4 server:/x rw",
  ].join("\n");
  const files = { "/proc/self/mountinfo": over, "/srv/tree/etc/hosts": "", "/srv/tree/secret": "" };
  const asked: string[] = [];
  const plain = fakeHost({ files: { ...files, "/srv/tree/dev/x": "", "/srv/tree/nas": "" } });
  const mounts = mountsBelow(
    { ...plain, lstat: (path) => plain.lstat(asked[asked.push(path) - 1] ?? "") },
    "/srv/tree",
  );
  assert.not.ok(asked.includes("/srv/tree/nas"), "a server may never answer");
  assert.not.ok(mounts.some(({ isEntered }) => isEntered));
  const saved = "what is mounted there is saved, not the file that it hides";
  assert.equal(foreignMountNotes(mounts, { include: ["/"], exclude: ["/nas"] }, "/srv/tree"), [
    `/secret below /srv/tree is a mount point (devtmpfs): ${saved}`,
    `/etc/hosts below /srv/tree is a mount point (ext4): ${saved}`,
  ]);
});

test("refusePseudo() refuses what the kernel makes up", () => {
  refusePseudo(host, "/", ["/", "/srv/tree/nas"]);
  refusePseudo(host, "/srv/tree", ["/", "/home"]);
  assert.throws(() => refusePseudo(host, "/", ["/proc/sys"]), /-I \/proc\/sys lies on a pseudo file system \(proc\)/);
  assert.throws(() => refusePseudo(host, "/srv/tree", ["/proc"]), /pseudo file system/);
  for (const root of ["/proc", "/proc/sys/kernel", "/srv/tree/proc/"]) {
    assert.throws(
      () => refusePseudo(host, root, ["/"]),
      new RegExp(
        `^--root ${root} can't be saved: it is a pseudo file system \\(proc\\): the kernel makes up its files$`,
      ),
    );
  }
  assert.throws(() => refusePseudo(host, "/dev", ["/"]), /^--root \/dev can't be saved: .*\(devtmpfs\)/);
  assert.throws(() => refusePseudo(host, "/net/x", ["/"]), /can't be saved: nothing is mounted there now \(autofs\)$/);
  // What is mounted on an automount, and what a program serves, has files.
  for (const root of ["/net/there", "/srv/fuse/a", "/srv/tree/tmp"]) refusePseudo(host, root, ["/"]);
});

test.run();
