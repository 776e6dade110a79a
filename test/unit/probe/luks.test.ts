import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { requiredBytes } from "../../../src/layout/fit.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";
import { idleMember } from "../../../src/run/activate.ts";
import { danglingCrypttab } from "../../../src/run/check-crypttab.ts";
import { fakeHost } from "../../support/fake-host.ts";
import { luks2Header } from "../formats/luks-headers.ts";

const file = join(import.meta.dirname, "../../machines/bios-gpt-ext4/facts.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Facts;
const header = { offset: 0, length: luks2Header.byteLength, base64: Buffer.from(luks2Header).toString("base64") };

function device(name: string): DeviceFacts {
  const found = recorded.devices.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

function mapped(
  name: string,
  dmName: string,
  dmUuid: string,
  below: DeviceFacts,
  rest: Partial<DeviceFacts>,
): DeviceFacts {
  const { parent: _, partition: __, startBytes: ___, ...plain } = below;
  return { ...plain, name, path: `/dev/${name}`, dmName, dmUuid, slaves: [below.name], ...rest };
}

/** The recorded machine with its root inside LUKS, and its swap under a random key. */
function encrypted(change: Partial<Facts> = {}, open = true): Facts {
  const [root, swap] = [device("vda5"), device("vda6")];
  const uuid = "CRYPT-LUKS2-6d6f6e646f00400080000000000000a2-root_crypt";
  const others = recorded.devices.filter((one) => one !== root && one !== swap);
  return {
    ...recorded,
    devices: [
      ...others,
      { ...root, devno: "259:99", reads: [header], holders: open ? ["dm-0"] : [] },
      { ...swap, devno: "259:98", reads: [], holders: ["dm-1"] },
      ...(open ? [mapped("dm-0", "root_crypt", uuid, root, { sizeBytes: root.sizeBytes - (16 << 20) })] : []),
      mapped("dm-1", "cryptswap", "CRYPT-PLAIN-cryptswap", swap, {}),
    ],
    swaps: recorded.swaps.replaceAll("/dev/vda6", "/dev/dm-1"),
    texts: {
      ...recorded.texts,
      "/etc/crypttab":
        "root_crypt UUID=6d6f6e64-6f00-4000-8000-0000000000a2 none luks\ncryptswap /dev/vda6 /dev/urandom swap\n",
    },
    ...change,
  };
}

test("idleMember() takes the volume before a cache, not the one behind it, which begins with the same header", () => {
  const facts = encrypted({}, false);
  const [luks] = nodesOf(layoutFrom(encrypted()), "luks");
  if (!luks) throw new Error("no LUKS volume");
  assert.is(idleMember(facts, "luks", luks.uuid)?.name, "vda5");
  const behind = facts.devices.map((one) => (one.name === "vda5" ? { ...one, holders: ["dm-7"] } : one));
  const before = mapped("dm-7", "vg-data", "LVM-x", device("vda5"), { reads: [header], holders: [] });
  assert.is(idleMember({ ...facts, devices: [...behind, before] }, "luks", luks.uuid)?.name, "dm-7");
});

const noteTexts = (layout: Layout) => nodesOf(layout, "note").map((note) => note.text);

test("layoutFrom() puts the file system into the open volume, and the volume onto its partition", () => {
  const layout = layoutFrom(encrypted());
  const [luks] = nodesOf(layout, "luks");
  assert.is(luks?.on, "part:vda5");
  assert.is(luks?.path, "/dev/mapper/root_crypt");
  const root = nodesOf(layout, "mount").find((mount) => mount.path === "/");
  assert.is(nodesOf(layout, "filesystem").find((fs) => fs.id === root?.of)?.on, "luks:root_crypt");
  assert.equal(obstacles(layout), []);
  assert.is(nodesOf(layout, "crypttab")[0]?.entries.length, 2);
});

test("layoutFrom() takes swap with a key of each start for what it is: nothing to save", () => {
  const layout = layoutFrom(encrypted());
  assert.match(noteTexts(layout).join("\n"), /\/dev\/vda6 gets a new key at each start \(cryptswap in crypttab\)/);
  const [fixed] = obstacles(layoutFrom(encrypted({ texts: {} })));
  assert.match(fixed ?? "", /\/dev\/vda6 holds cryptswap, encrypted without a header, which can't be rebuilt/);
});

test("layoutFrom() refuses a volume that is not open, and GRUB's files in an encrypted volume", () => {
  const [closed] = obstacles(layoutFrom(encrypted({}, false), { root: "/", excludedDevices: [] }));
  assert.match(closed ?? "", /\/dev\/vda5 holds a LUKS2 volume \(label data 1, UUID 6d6f[-\w]+\) that is not open/);
  const mountinfo = recorded.mountinfo
    .split("\n")
    .filter((line) => !/ \/boot /.test(line))
    .join("\n");
  const [boot] = obstacles(layoutFrom(encrypted({ mountinfo })));
  assert.match(boot ?? "", /^\/boot holds GRUB's files on the encrypted volume \/dev\/mapper\/root_crypt/);
});

test("planRestore() makes volume and file system in order, and names the secret without holding it", () => {
  const layout = layoutFrom(encrypted());
  const idle = { ...encrypted({ mountinfo: "", swaps: "" }, false) };
  const free = { ...idle, devices: idle.devices.filter((one) => one.name !== "dm-1") };
  const candidates = candidatesFrom({ ...free, devices: free.devices.map((one) => ({ ...one, holders: [] })) });
  const plan = planRestore(layout, matchDisks(layout, candidates, []), { set: "s", firmware: "bios", root: "/r" });
  const ids = plan.phases.flatMap((phase) => phase.actions.map((action) => action.id));
  const order = ["table:disk:vda", "make:luks:root_crypt", "make:fs:root_crypt", "mount:/", "unpack"].map((id) =>
    ids.indexOf(id),
  );
  assert.equal(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.ok(!order.includes(-1), ids.join(" "));
  assert.equal(plan.volumes, [{ path: "/dev/mapper/root_crypt" }]);
  assert.match(JSON.stringify(plan), /"secret":"luks:6d6f6e64-6f00-4000-8000-0000000000a2"/);
});

test("candidatesFrom() calls a disk with an open volume that nothing uses free, and says what is on it", () => {
  const idle = encrypted({ mountinfo: "", swaps: "" });
  const free = idle.devices.filter((one) => one.name !== "dm-1");
  const [candidate] = candidatesFrom({
    ...idle,
    devices: free.map((one) => (one.name === "vda6" ? { ...one, holders: [] } : one)),
  });
  assert.is(candidate?.busy, undefined);
  assert.equal(candidate?.volumes, ["dm-0"]);
  assert.match(candidate?.contents ?? "", /a LUKS2 volume \(label data 1/);
});

test("requiredBytes() of a disk that is encrypted as a whole is all of it", () => {
  const [disk] = nodesOf(layoutFrom(encrypted()), "disk");
  const [luks] = nodesOf(layoutFrom(encrypted()), "luks");
  if (!disk || !luks) throw new Error("no disk, or no volume");
  const whole: Layout = { version: 1, nodes: [disk, { ...luks, on: disk.id }] };
  assert.is(requiredBytes(whole, disk), disk.sizeBytes);
});

test("compareLayouts() takes an encrypted volume that is larger by what its disk is, and tells one that is smaller", () => {
  const layout = layoutFrom(encrypted());
  const by = (bytes: number): Layout => ({
    version: 1,
    nodes: layout.nodes.map((node) => (node.kind === "luks" ? { ...node, sizeBytes: node.sizeBytes + bytes } : node)),
  });
  const devices = { "disk:vda": "/dev/vda" };
  assert.equal(compareLayouts(layout, by(4096), devices), []);
  assert.match(
    compareLayouts(layout, by(-4096), devices).join(),
    /^\/dev\/mapper\/root_crypt: sizeBytes is \d+ instead/,
  );
});

const crypttabOf = (source: string) => {
  const files = { "/r/etc/crypttab": `root_crypt ${source} none luks\n` };
  const layout = layoutFrom(encrypted());
  return danglingCrypttab(
    fakeHost({ files }),
    layout,
    { root: "/r", names: { "/dev/sda5": "UUID=x" } } as unknown as Plan,
    layout,
  );
};

test("danglingCrypttab() tells what is on none of the disks, and not what only udev knows", () => {
  for (const source of ["UUID=6d6f6e64-6f00-4000-8000-0000000000a2", "/dev/md/root", "/dev/disk/by-id/md-uuid-1:2:3:4"])
    assert.equal(crypttabOf(source), [], source);
  for (const source of ["UUID=6d6f6e64-6f00-4000-8000-0000000000ff", "PARTLABEL=gone", "/dev/sda5"])
    assert.match(crypttabOf(source).join(), /names .* for root_crypt, which is on none/, source);
});

test("swap with a random key keeps the header that crypttab names it by, and any source of random will do", () => {
  const uuid = "6d6f6e64-6f00-4000-8000-000000000106";
  const swap = device("vda6");
  const behind = (line: string, reads: DeviceFacts["reads"]) => {
    const facts = encrypted({ texts: { ...recorded.texts, "/etc/crypttab": `${line}\n` } });
    const devices = facts.devices.map((one) => (one.name === "vda6" ? { ...one, reads } : one));
    const layout = layoutFrom({ ...facts, devices });
    const on = nodesOf(layout, "partition").find(({ path }) => path === "/dev/vda6")?.id;
    assert.equal(
      obstacles(layout).filter((text) => text.includes("vda6")),
      [],
    );
    return nodesOf(layout, "swap").filter((node) => node.on === on);
  };
  const [kept] = behind(`cryptswap UUID=${uuid} /dev/urandom swap,offset=1024`, swap.reads);
  assert.is(kept?.uuid, uuid);
  assert.is(kept?.active, false);
  assert.equal(behind("cryptswap /dev/vda6 /dev/hwrng swap", []), []);
});

test.run();
