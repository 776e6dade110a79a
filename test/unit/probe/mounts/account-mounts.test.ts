import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodesOf } from "../../../../src/layout/types.ts";
import { unsavedReason } from "../../../../src/layout/unsaved-words.ts";
import type { DeviceFacts, Facts } from "../../../../src/probe/facts.ts";
import { type LayoutChoices, layoutFrom } from "../../../../src/probe/layout-from.ts";
import { obstacles } from "../../../../src/probe/obstacles.ts";

const machine = join(import.meta.dirname, "../../../machines/bios-gpt-ext4/facts.json");
const recorded = JSON.parse(readFileSync(machine, "utf8")) as Facts;
const root = recorded.devices.find(({ name }) => name === "vda5");

/** A second disk whose whole is the file system of the recorded root. */
function secondDisk(more: Partial<DeviceFacts> = {}): DeviceFacts {
  if (!root) throw new Error("no root among the recorded devices");
  const { parent: _, partition: __, startBytes: ___, ...whole } = root;
  return { ...whole, name: "vdb", path: "/dev/vdb", devno: "254:16", transport: "virtio", ...more };
}

interface Change {
  readonly mounts?: readonly string[];
  readonly fstab?: string;
  readonly disks?: readonly DeviceFacts[];
  readonly more?: Partial<Facts>;
  readonly choices?: Partial<LayoutChoices>;
  /** In place of the recorded line of the root. */
  readonly root?: string;
}

/** The recorded machine with some lines more. */
function probe({ mounts = [], fstab = "", disks = [], more = {}, choices = {}, root: line }: Change) {
  const old = recorded.mountinfo.trimEnd();
  const base = line === undefined ? old : old.replace(/^27 1 .* \/ \/ .*$/m, line);
  const mountinfo = `${[base, ...mounts].join("\n")}\n`;
  const devices = [...recorded.devices, ...disks];
  const facts = { ...recorded, devices, mountinfo, fstab: `${recorded.fstab}\n${fstab}\n`, ...more };
  const layout = layoutFrom(facts, { root: "/", excludedDevices: [], ...choices });
  return {
    layout,
    disks: nodesOf(layout, "disk").map(({ path }) => path),
    refused: obstacles(layout).join("; "),
    unsaved: nodesOf(layout, "unsaved").map((node) => `${node.standing} ${node.path}: ${unsavedReason(node)}`),
    left: nodesOf(layout, "left-out").map(({ path, why }) => `${path}: ${why}`),
  };
}
const line = (path: string, source: string, { devno = "0:77", type = "ext4", of = "/", options = "rw" } = {}) =>
  `200 27 ${devno} ${of} ${path} ${options},relatime shared:90 - ${type} ${source} ${options}`;
const onDisk = (path: string) => line(path, "/dev/vdb", { devno: "254:16" });

test("the recorded machine has nothing that is not saved", () => {
  const { unsaved, refused } = probe({});
  assert.equal([unsaved, refused], [[], ""]);
});

test("a root that lies on no disk is refused in one sentence that says what it is", () => {
  const roots: readonly (readonly [string, RegExp])[] = [
    ["27 1 0:40 / / rw - overlay overlayroot rw,lowerdir=/ro", /^\/ is an overlay \(overlay\): a restore can't[^;]*$/],
    ["27 1 0:40 / / rw - tmpfs none rw,size=2g", /^\/ is a file system in memory \(tmpfs\):[^;]*$/],
    ["27 1 254:5 /ostree/deploy/f/deploy/0.0 / rw - ext4 /dev/vda5 rw", /^\/ is an OSTree deployment:[^;]*$/],
    ["27 1 0:40 / / ro - overlay composefs ro", /^\/ is an OSTree deployment \(composefs\):[^;]*$/],
    ["27 1 7:0 / / ro - squashfs /dev/loop0 ro", /^\/ is a file system in a file \(\/dev\/loop0, squashfs\):[^;]*$/],
    ["27 1 7:0 / / rw - ext4 /dev/loop0 rw", /^\/ is a file system in a file \(\/dev\/loop0, ext4\):[^;]*$/],
    ["27 1 0:40 / / rw - nfs4 srv:/root rw", /^\/ is a file system of another machine, of type nfs4[^;]*$/],
    ["27 1 0:40 / / rw - zfs rpool/ROOT rw", /^\/ is a ZFS file system \(rpool\/ROOT\):[^;]*$/],
    ["27 1 0:40 / / rw - bcachefs /dev/sda:/dev/sdb rw", /^\/ is a file system of type bcachefs [^;]*$/],
    ["27 1 254:5 /chroots/a / rw - ext4 /dev/vda5 rw", /^\/ is a directory \(\/chroots\/a\) of the file system on/],
  ];
  for (const [one, sentence] of roots) assert.match(probe({ root: one }).refused, sentence, one);
});

test("paths of fstab are what mount(8) makes of them", () => {
  for (const path of ["/data", "/data/", "//data", "/./data", "/x/../data"]) {
    const { disks, unsaved } = probe({
      disks: [secondDisk()],
      mounts: [onDisk("/data")],
      fstab: `/dev/vdb ${path} ext4`,
    });
    assert.equal([disks, unsaved], [["/dev/vda", "/dev/vdb"], []], path);
  }
  const spaced = { disks: [secondDisk()], mounts: [onDisk("/my\\040data")], fstab: "/dev/vdb /my\\040data/ ext4" };
  assert.equal(probe(spaced).disks, ["/dev/vda", "/dev/vdb"]);
  const linked = { disks: [secondDisk()], mounts: [onDisk("/real/data")], fstab: "/dev/vdb /data ext4 defaults" };
  assert.equal(probe({ ...linked, more: { realPaths: { "/data": "/real/data" } } }).disks, ["/dev/vda", "/dev/vdb"]);
});

test("what has no driver and is the machine's own is refused by name, unless the operator leaves it out", () => {
  const home = (type: string, source: string) => [line("/home", source, { type })];
  assert.match(probe({ mounts: home("zfs", "tank/home") }).refused, /\/home is a ZFS file system \(tank\/home\)/);
  assert.match(probe({ mounts: [line("/tank", "tank", { type: "zfs" })] }).refused, /\/tank is a ZFS file system/);
  assert.match(probe({ mounts: home("bcachefs", "/dev/sdb") }).refused, /\/home is a file system of type bcachefs/);
  assert.match(probe({ mounts: home("newfs", "x") }).refused, /\/home is a file system of type newfs/);
  assert.match(probe({ mounts: [line("/etc", "overlay", { type: "overlay" })] }).refused, /\/etc is an overlay/);
  const extension = [line("/usr", "sysext", { type: "overlay" })];
  assert.match(probe({ mounts: extension }).refused, /\/usr is an overlay of extensions \("systemd-sysext unmerge"/);
  const paths = { include: ["/"], exclude: ["/home/"] };
  const left = probe({ mounts: home("zfs", "tank/home"), choices: { paths } });
  assert.equal([left.refused, left.unsaved], ["", []]);
  const named = { include: ["/", "/home/"], exclude: [] };
  assert.is(probe({ mounts: home("zfs", "tank/home"), choices: { paths: named } }).refused, "");
  const above = { include: ["/home"], exclude: [] };
  assert.match(probe({ mounts: [line("/home/x", "t", { type: "zfs" })], choices: { paths: above } }).refused, /ZFS/);
});

test("a ZFS pool that is mounted by hand is named as lost, and refused only where the machine wants it", () => {
  for (const path of ["/mnt", "/mnt/tank", "/media/user/tank", "/run/media/u/tank", "/tmp/t"]) {
    const { refused, unsaved } = probe({ mounts: [line(path, "tank/x", { type: "zfs" })] });
    assert.is(refused, "", path);
    if (!path.startsWith("/run/"))
      assert.match(unsaved.join(), /^lost \S+: not in the backup \(zfs on tank\/x.*: ZFS is not supported/, path);
  }
  const wanted = { mounts: [line("/mnt/tank", "tank", { type: "zfs" })], fstab: "tank /mnt/tank zfs defaults 0 0" };
  assert.match(probe(wanted).refused, /\/mnt\/tank is a ZFS file system/);
});

test("devices that other systems make of disks are known for what they are", () => {
  for (const [name, what] of [
    ["drbd0", "a DRBD device"],
    ["emcpowera", "a PowerPath device"],
    ["rbd0", "a Ceph block device"],
  ] as const) {
    const disk = secondDisk({ name, path: `/dev/${name}` });
    const mounts = [line("/data", `/dev/${name}`, { devno: "254:16" })];
    const { refused, disks } = probe({ disks: [disk], mounts, fstab: `/dev/${name} /data ext4 noauto` });
    assert.equal(disks, ["/dev/vda"]);
    const choices = { excludedDevices: [`/dev/${name}`] };
    assert.is(probe({ disks: [disk], mounts, fstab: `/dev/${name} /data ext4`, choices }).refused, "");
    assert.ok(refused.includes(`/data is ${what} (/dev/${name}) with a file system of type ext4:`), refused);
  }
});

test("what a stick, an orchestrator or another machine shows is no part of the machine", () => {
  const stick = probe({ disks: [secondDisk({ removable: true })], mounts: [onDisk("/home/ann/stick")] });
  assert.equal([stick.disks, stick.unsaved, stick.refused], [["/dev/vda"], [], ""]);
  assert.match(stick.left.join(), /\/dev\/vdb: it is removable, and mounted at \/home\/ann\/stick/);
  const usb = probe({ disks: [secondDisk({ transport: "usb" })], mounts: [onDisk("/srv/usb")] });
  assert.equal(usb.disks, ["/dev/vda"]);
  const wanted = {
    disks: [secondDisk({ transport: "usb" })],
    mounts: [onDisk("/srv/usb")],
    fstab: "/dev/vdb /srv/usb ext4",
  };
  assert.equal(probe(wanted).disks, ["/dev/vda", "/dev/vdb"]);
  const pod = onDisk("/var/lib/kubelet/pods/1/volumes/kubernetes.io~csi/pvc/mount");
  assert.equal(probe({ disks: [secondDisk()], mounts: [pod] }).disks, ["/dev/vda"]);
  const layers = ["/var/lib/docker/overlay2/a/merged", "/var/lib/containers/storage/overlay/b/merged"];
  const engine = probe({ mounts: layers.map((path) => line(path, "overlay", { type: "overlay" })) });
  assert.equal([engine.unsaved, engine.refused], [[], ""]);
  const snap = probe({ mounts: [line("/snap/core/1", "/dev/loop1", { devno: "7:1", type: "squashfs" })] });
  assert.equal([snap.unsaved, snap.refused], [[], ""]);
  const nas = probe({ mounts: [line("/home", "nas:/home", { type: "nfs4" })], fstab: "nas:/home /home nfs4" });
  assert.equal(nas.unsaved, ["elsewhere /home: not in the backup (nfs4 on nas:/home): its data is on another machine"]);
  assert.is(nas.refused, "");
});

test("a disk that is mounted by hand is named with its size; below /mnt that loses nothing", () => {
  const at = (path: string) => probe({ disks: [secondDisk()], mounts: [onDisk(path)] }).unsaved.join();
  assert.match(
    at("/data2"),
    /^lost \/data2: not in the backup \(ext4 on \/dev\/vdb, 2\.\d GiB|2\.0 GiB\): it is mounted at/,
  );
  assert.match(at("/mnt/disk"), /^elsewhere \/mnt\/disk: /);
});

test("what is shown twice is saved once, and a file behind a loop device is the file", () => {
  const bind = probe({ mounts: [line("/srv/www", "/dev/vda5", { devno: "254:5", of: "/var/www" })] });
  assert.equal([bind.unsaved, bind.refused], [[], ""]);
  const loop = line("/srv/image", "/dev/loop3", { devno: "7:3" });
  assert.match(probe({ mounts: [loop] }).unsaved.join(), /^lost \/srv\/image: .*\(ext4 on \/dev\/loop3\)/);
  const fstab = "/gone/image /srv/image ext4 loop";
  assert.match(probe({ mounts: [loop], fstab }).refused, /\/srv\/image is a file system of type ext4 \(\/dev\/loop3\)/);
  const backed = probe({ mounts: [loop], more: { loops: { "7:3": "/var/image.ext4" } } });
  assert.equal([backed.unsaved, backed.refused], [[], ""]);
});

test("what fstab wants and is not mounted is missed, unless it says noauto", () => {
  const missing = (fstab: string, more: Partial<Facts> = {}) =>
    probe({ disks: [secondDisk()], fstab, more }).unsaved.join("\n");
  const uuid = /UUID=(\S+) \/ /.exec(recorded.fstab)?.[1] ?? "";
  assert.match(
    missing("/dev/vdb /data ext4 defaults,nofail"),
    /^lost \/data: .*\/etc\/fstab names it, but it is not mounted/,
  );
  assert.match(missing("/dev/vdb /data ext4 noauto,x-systemd.automount"), /^lost .*\(it is at its first use\)$/);
  assert.match(missing("/dev/vdb /data ext4 noauto"), /^idle /);
  assert.match(missing("UUID=0000-FFFF /data vfat nofail"), /^elsewhere .*its device is not in the machine now$/);
  assert.match(missing(`UUID="${uuid.toUpperCase()}" /data ext4 nofail`), /^lost /);
  assert.is(
    missing("nas:/x /data nfs noauto\n/dev/sr0 /media/cdrom0 udf,iso9660 user\n/a /b none bind\ntmpfs /c tmpfs"),
    "",
  );
  const unit = { name: "data.mount", spec: "/dev/vdb", path: "/data", type: "ext4", options: "" };
  assert.match(
    missing("", { enabledUnits: [unit] }),
    /^lost \/data: .*: data\.mount names it, but it is not mounted now$/,
  );
});

test("what fstab wants is missed where something else is mounted in its place", () => {
  const more = { disks: [secondDisk()], fstab: "/dev/vdb /data ext4 defaults" };
  const other = { ...more, mounts: [line("/data", "tmpfs", { type: "tmpfs" })] };
  assert.match(probe(other).unsaved.join(), /^lost \/data: .*ext4 on \/dev\/vdb.*it is not mounted now$/);
  const twin = secondDisk({ name: "vdc", path: "/dev/vdc", devno: "254:32" });
  const uuid = /UUID=(\S+) \/ /.exec(recorded.fstab)?.[1] ?? "";
  const either = { disks: [secondDisk(), twin], mounts: [onDisk("/data")], fstab: `UUID=${uuid} /data ext4` };
  assert.equal(probe(either).unsaved, []);
});

test("what fstab wants is not missed where it is saved: as a file, or mounted at another place", () => {
  const lines = "/var/image.ext4 /mnt/image ext4 loop\n/dev/vdb /old ignore defaults\ns3fs#bucket /s3 fuse _netdev";
  assert.equal(probe({ disks: [secondDisk()], fstab: lines }).unsaved, []);
  const moved = { disks: [secondDisk()], mounts: [onDisk("/opt/data")], fstab: "/dev/vdb /data ext4" };
  assert.equal([probe(moved).disks, probe(moved).unsaved], [["/dev/vda", "/dev/vdb"], []]);
});

test("mounts of engines and programs neither stop a backup nor count as lost, wherever they lie", () => {
  const paths = ["/home/docker/overlay2/a/merged", "/opt/docker/overlay2/b/merged", "/var/lib/buildkit/x/mnt"];
  const engine = probe({ mounts: paths.map((path) => line(path, "overlay", { type: "overlay" })) });
  assert.is(engine.refused, "");
  assert.match(engine.unsaved.join("\n"), /^(?:elsewhere \/.*: it shows what lies in other directories\n?){3}$/);
  const listed = {
    mounts: [line("/srv/lower", "overlay", { type: "overlay" })],
    fstab: "overlay /srv/lower overlay x",
  };
  assert.match(probe(listed).refused, /^\/srv\/lower is an overlay/);
  const pve = probe({ mounts: [line("/etc/pve", "/dev/fuse", { type: "fuse" })] });
  assert.match(pve.unsaved.join(), /^elsewhere \/etc\/pve: .*it shows what lies at other places/);
});

/** A second disk with swap that is in use and, beside it, a file system that nobody has mounted. */
function swapDisk(other: boolean): DeviceFacts[] {
  const of = (name: string) => {
    const found = recorded.devices.find((device) => device.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  const renamed = (device: DeviceFacts, name: string, more: Partial<DeviceFacts>): DeviceFacts => {
    return { ...device, name, path: `/dev/${name}`, devno: `9:${name.length}${name.at(-1)}`, ...more };
  };
  const { links: _, ...disk } = of("vda");
  return [
    renamed(disk, "vdb", {}),
    renamed(of("vda6"), "vdb6", { parent: "vdb" }),
    ...(other ? [renamed(of("vda2"), "vdb2", { parent: "vdb" })] : []),
  ];
}

test("swap makes a disk one of the set only where nothing else lies on it that a restore would erase", () => {
  const swaps = `${recorded.swaps.trimEnd()}\n/dev/vdb6 partition 131068 0 -3\n`;
  const alone = probe({ disks: swapDisk(false), more: { swaps } });
  assert.equal(alone.disks, ["/dev/vda", "/dev/vdb"]);
  const beside = probe({ disks: swapDisk(true), more: { swaps } });
  assert.equal(beside.disks, ["/dev/vda"]);
  const why = "only the swap on /dev/vdb6 is used of it; what lies on /dev/vdb2 is not mounted, and not saved";
  assert.equal(beside.left, [`/dev/vdb: ${why}`]);
  const mounted = [line("/data", "/dev/vdb2", { devno: "9:42" })];
  const wanted = probe({ disks: swapDisk(true), mounts: mounted, fstab: "/dev/vdb2 /data ext2", more: { swaps } });
  assert.equal(wanted.disks, ["/dev/vda", "/dev/vdb"]);
});

test("swap that a restore does not make again is named", () => {
  const swaps = `${recorded.swaps.trimEnd()}\n/dev/nbd0 partition 131068 0 -3\n/dev/zram0 partition 131068 0 -4\n`;
  const notes = nodesOf(probe({ more: { swaps } }).layout, "note").map(({ text }) => text);
  assert.ok(notes.includes("/dev/nbd0 is in use as swap: a restore does not make it again"), notes.join());
  assert.not.match(notes.join(), /zram/);
});

test.run();
