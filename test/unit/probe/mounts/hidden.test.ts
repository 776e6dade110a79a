import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hiddenPlaces } from "../../../../src/layout/hidden-places.ts";
import { showLayout } from "../../../../src/layout/show-layout.ts";
import { nodesOf } from "../../../../src/layout/types.ts";
import { unsavedWords } from "../../../../src/layout/unsaved-words.ts";
import type { Facts } from "../../../../src/probe/facts.ts";
import { layoutFrom } from "../../../../src/probe/layout-from.ts";
import { readHidden } from "../../../../src/probe/mounts/read-hidden.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const machine = join(import.meta.dirname, "../../../machines/bios-gpt-ext4/facts.json");
const recorded = JSON.parse(readFileSync(machine, "utf8")) as Facts;
const layoutOf = (more: Partial<Facts>, exclude: readonly string[] = [], include: readonly string[] = ["/"]) =>
  layoutFrom({ ...recorded, ...more }, { root: "/", excludedDevices: [], paths: { include, exclude } });
const unsaved = (...choice: Parameters<typeof layoutOf>) =>
  nodesOf(layoutOf(...choice), "unsaved").map((node) => `${node.standing} ${node.path} ${unsavedWords(node)}`);

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
  const { hidden: found, unseen } = readHidden(host, mountinfo);
  assert.equal(found["/srv"], { under: "/", files: 1, bytes: 5 });
  assert.equal(found["/dev"], { under: "/", files: 1, bytes: 0 });
  assert.equal(found["/srv/nas"], { under: "/srv", files: 1, bytes: 7 });
  assert.equal(Object.keys(found), ["/dev", "/srv", "/empty", "/srv/nas"]);
  assert.equal([unseen, opened], [[], []]);
});

test("a file that another is mounted over is hidden, too", () => {
  const over = [
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "21 20 0:5 /null /etc/key rw - devtmpfs udev rw",
    "22 20 8:1 /gone /etc/gone rw - ext4 /dev/sda1 rw",
  ].join("\n");
  const host = {
    ...fakeHost({ files: { "/root/etc/key": "12345" } }),
    cloneTree: () => ({ path: "/root", close: () => {} }),
  };
  assert.equal(readHidden(host, over), { hidden: { "/etc/key": { under: "/", files: 1, bytes: 5 } }, unseen: [] });
});

test("where nothing can be cloned, that is told", () => {
  assert.equal(readHidden(fakeHost(), mountinfo), { hidden: {}, unseen: ["/", "/srv"] });
  const notes = nodesOf(layoutOf({ unseen: ["/", "/elsewhere"] }), "note").map(({ text }) => text);
  assert.match(notes.join("\n"), /^What lies below mount points of \/ can't be looked at \(that takes Linux 5\.2/m);
  assert.is(
    nodesOf(layoutOf({ unseen: ["/elsewhere"] }), "note").some(({ id }) => id === "note:unseen"),
    false,
  );
});

test("hidden files belong to the set, unless the operator leaves the path out", () => {
  const hidden = { "/boot": { files: 3, bytes: 2 ** 20 }, "/dev": { under: "/", files: 9, bytes: 0 } };
  const places = (...choice: [] | [string[]]) =>
    hiddenPlaces(layoutOf({ hidden }, ...choice)).map(({ path, under, tree }) => [path, under, tree]);
  assert.equal(places(), [
    ["/boot", "/", "/mondo-hidden/-"],
    ["/dev", "/", undefined],
  ]);
  assert.equal(places(["/boot"]), [["/dev", "/", undefined]]);
  assert.equal(unsaved({ hidden }), []);
  assert.match(showLayout(layoutOf({ hidden })), /^Below a mount: \/boot hides 3 files, 1\.0 MiB, saved as well$/m);
});

test("hidden files that have no place in the archive are named with their size", () => {
  const hidden = { "/boot": { under: "/", files: 3, bytes: 2 ** 20 } };
  const named = "lost /boot (3 files below what is mounted there, 1.0 MiB): -I chooses what is mounted over it";
  assert.equal(unsaved({ hidden }, [], ["/", "/boot"]), [named]);
  assert.equal(unsaved({ hidden }, [], ["/", "/boot/x"]), [named]);
  const odd = { "/a\nb": { under: "/", files: 1, bytes: 5, more: true as const } };
  assert.match(unsaved({ hidden: odd }).join(), /at least 1 files below.*control character/);
  assert.equal(hiddenPlaces(layoutOf({ hidden: odd })), []);
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
