import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodesOf } from "../../../../src/layout/types.ts";
import { unsavedWords } from "../../../../src/layout/unsaved-words.ts";
import type { Facts } from "../../../../src/probe/facts.ts";
import { layoutFrom } from "../../../../src/probe/layout-from.ts";
import { readHidden } from "../../../../src/probe/mounts/read-hidden.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const machine = join(import.meta.dirname, "../../../machines/bios-gpt-ext4/facts.json");
const recorded = JSON.parse(readFileSync(machine, "utf8")) as Facts;
const unsaved = (more: Partial<Facts>, exclude: readonly string[] = []) => {
  const choices = { root: "/", excludedDevices: [], paths: { include: ["/"], exclude } };
  const nodes = nodesOf(layoutFrom({ ...recorded, ...more }, choices), "unsaved");
  return nodes.map((node) => `${node.standing} ${node.path} ${unsavedWords(node)}`);
};

const mountinfo = [
  "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
  "21 20 0:5 / /dev rw - devtmpfs udev rw",
  "22 21 0:6 / /dev/pts rw - devpts devpts rw",
  "23 20 8:2 / /srv rw - xfs /dev/sdb1 rw",
  "24 23 0:9 / /srv/nas rw - nfs4 nas:/ rw",
  "25 20 8:3 / /empty rw - ext4 /dev/sdc1 rw",
].join("\n");

test("what mounts hide is counted on the file system that each mount point belongs to, and every clone is closed", () => {
  const files = {
    "/root/dev/console": "",
    "/root/srv/a/forgotten": "12345",
    "/srv/nas/iso": "1234567",
    "/root/empty/x/.": "",
  };
  const opened: string[] = [];
  const host = {
    ...fakeHost({ files: { ...files, "/below/nas/iso": "1234567" } }),
    cloneTree(path: string) {
      opened.push(path);
      return { path: path === "/" ? "/root" : "/below", close: () => void opened.splice(opened.indexOf(path), 1) };
    },
  };
  const found = readHidden(host, mountinfo);
  assert.equal(found["/srv"], { files: 1, bytes: 5 });
  assert.equal(found["/dev"], { files: 1, bytes: 0 });
  assert.equal(found["/srv/nas"], { files: 1, bytes: 7 });
  assert.is(found["/dev/pts"], undefined);
  assert.equal(opened, []);
});

test("where nothing can be cloned, nothing is known", () => {
  assert.equal(readHidden(fakeHost(), mountinfo), {});
});

test("hidden files are named with their size, unless the operator leaves the path out", () => {
  const hidden = { "/boot": { files: 3, bytes: 2 ** 20 }, "/dev": { files: 9, bytes: 0 } };
  assert.equal(unsaved({ hidden }), [
    "lost /boot (3 files below what is mounted there, 1.0 MiB): the mount hides them: unmount it to see them, and save or delete them",
    "idle /dev (9 files below what is mounted there, 0 B): each start mounts over them",
  ]);
  assert.match(unsaved({ hidden: { "/boot": { files: 1, bytes: 5, more: true } } }).join(), /at least 1 files below/);
  assert.is(unsaved({ hidden }, ["/boot"]).length, 1);
});

test("a file system that another one is mounted over is missed, unless it is seen at another place", () => {
  const over = "300 27 0:50 / /srv rw - tmpfs tmpfs rw";
  const below = (devno: string) => `299 27 ${devno} / /srv rw - ext4 /dev/sdz1 rw`;
  const found = (devno: string) =>
    unsaved({ mountinfo: `${recorded.mountinfo.trimEnd()}\n${below(devno)}\n${over}\n` });
  assert.equal(found("8:99"), ["lost /srv (ext4 on /dev/sdz1): another file system is mounted over it"]);
  assert.equal(found("254:5"), []);
});

test.run();
