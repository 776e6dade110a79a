/** Which of several copies of a file system is mounted to be written to, and where. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Host } from "../../../src/host/host.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { mountOne, requireAwake, requireOnDisksOf } from "../../../src/restore/mount-system.ts";
import { filesystemFinder } from "../../../src/restore/saved-mounts.ts";
import { fakeHost } from "../../support/fake-host.ts";

const disk = (name: string, serial?: string): LayoutNode => ({
  ...{ kind: "disk", id: `disk:${name}`, path: `/dev/${name}`, sizeBytes: 9, logicalSectorBytes: 512 },
  ...{ physicalSectorBytes: 512, rotational: false, removable: false },
  ...(serial === undefined ? {} : { serial }),
});
const fs = (on: string): LayoutNode => ({
  ...{ kind: "filesystem", id: `fs:${on}`, on, type: "ext4", uuid: "u-1", sizeBytes: 9, details: {} },
});
const volume = (name: string): LayoutNode => ({
  ...{ kind: "logical-volume", id: `lv:vg0/${name}`, group: "vg:vg0", name, path: `/dev/vg0/${name}` },
  ...{ uuid: name, sizeBytes: 9, segments: ["thin"] },
});
const mount = (of: string, path = "/") =>
  ({ kind: "mount", id: `mount:${path}`, of, path, options: "rw", root: "/" }) as const;

/** What is mounted where, of a set with these nodes on a machine with those. */
function mounted(
  saved: readonly LayoutNode[],
  machine: readonly LayoutNode[],
  path = "/",
  links = {},
  requirePlace?: Parameters<typeof mountOne>[3],
): string[] {
  const layout: Layout = { version: 1, nodes: [...saved] };
  const done: string[] = [];
  const host = {
    ...fakeHost({ links, mount: ({ source, target }) => void done.push(`${source} ${target}`) }),
    makeDirectory: (at: string) => void done.push(at),
  };
  const of = saved.find(({ kind }) => kind === "filesystem")?.id ?? "";
  const context = { host, root: "/mnt/restore", layout } as unknown as Parameters<typeof mountOne>[0];
  mountOne(context, filesystemFinder({ nodes: machine }, layout), mount(of, path), requirePlace);
  return done;
}

const ON_SDA = [disk("sda", "A"), fs("disk:sda")];

test("the one file system of its UUID is mounted, on whatever disk it is", () => {
  const machine = [disk("vdc"), fs("disk:vdc")];
  assert.equal(mounted(ON_SDA, machine), ["/mnt/restore", "/dev/vdc /mnt/restore"]);
});

test("of a disk and its clone the one that was saved is mounted, even if the other comes first", () => {
  const machine = [disk("sda", "B"), disk("sdb", "A"), fs("disk:sda"), fs("disk:sdb")];
  assert.equal(mounted(ON_SDA, machine), ["/mnt/restore", "/dev/sdb /mnt/restore"]);
});

test("of a volume and its snapshot the one that was saved is mounted", () => {
  const saved = [volume("root"), fs("lv:vg0/root")];
  const machine = [volume("before"), volume("root"), fs("lv:vg0/before"), fs("lv:vg0/root")];
  assert.equal(mounted(saved, machine), ["/mnt/restore", "/dev/vg0/root /mnt/restore"]);
});

test("copies that can't be told apart are refused, each named", () => {
  const machine = [disk("sdb"), disk("sdc"), fs("disk:sdb"), fs("disk:sdc")];
  assert.throws(
    () => mounted(ON_SDA, machine),
    /the file system of \/ \(ext4, UUID u-1\) is here 2 times: on \/dev\/sdb, \/dev\/sdc/,
  );
});

test("one on another disk than those of the plan is refused before anything is mounted", () => {
  const numbers: Readonly<Record<string, string>> = { "/dev/sda": "8:0", "/dev/vdc": "254:32" };
  const stat = (path: string) => ({ kind: "block", rdev: numbers[path] }) as ReturnType<Host["stat"]>;
  const sizes = Object.values(numbers).map((number) => [`/sys/dev/block/${number}/size`, "18\n"]);
  const host = { ...fakeHost({ files: Object.fromEntries(sizes) }), stat };
  const planOf = (path: string) => ({ disks: [{ path, sizeBytes: 9 }] }) as unknown as Plan;
  const machine = [disk("vdc"), fs("disk:vdc")];
  assert.throws(
    () => mounted(ON_SDA, machine, "/", {}, requireOnDisksOf(host, planOf("/dev/sda"))),
    /the file system of \/ is on \/dev\/vdc, which is not on \/dev\/sda/,
  );
  const right = mounted(ON_SDA, machine, "/", {}, requireOnDisksOf(host, planOf("/dev/vdc")));
  assert.equal(right, ["/mnt/restore", "/dev/vdc /mnt/restore"]);
});

test("one that is nowhere is refused", () => {
  assert.throws(() => mounted(ON_SDA, [disk("sda", "A")]), /is on no disk of this machine/);
});

test("a link on the disk leads no mount out of the system's root", () => {
  const links = { "/mnt/restore/srv": "/etc" };
  assert.equal(mounted(ON_SDA, ON_SDA, "/srv/data", links), [
    "/mnt/restore/etc/data",
    "/dev/sda /mnt/restore/etc/data",
  ]);
});

test("a system that has hibernated is refused, and another one's swap area is nobody's", () => {
  const swap = (uuid: string): LayoutNode => ({
    ...{ kind: "swap", id: "swap:sda", on: "disk:sda", uuid, sizeBytes: 9, active: false },
  });
  const check = (magic: string, uuid: string) => {
    const area = Buffer.alloc(8192);
    area.writeUInt32LE(1, 1024);
    area.write(magic, 4086, "latin1");
    const readAt = (_: string, at: number, length: number) => new Uint8Array(area.subarray(at, at + length));
    const manifest = { layout: { version: 1, nodes: [swap("s-1")] } } as unknown as Parameters<typeof requireAwake>[1];
    requireAwake({ ...fakeHost(), readAt }, manifest, [disk("sda"), swap(uuid)]);
  };
  assert.throws(() => check("S1SUSPEND\0", "s-1"), /has hibernated, in the swap area \/dev\/sda/);
  check("SWAPSPACE2", "s-1");
  check("S1SUSPEND\0", "s-2");
});

test.run();
