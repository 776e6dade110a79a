/**
 * A disk that is reached over several paths is one disk: on the living machine, and in the rescue, which does not join
 * them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { matchDisks } from "../../../src/layout/match.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";
import { guardDisks } from "../../../src/run/guard.ts";

const file = join(import.meta.dirname, "../../machines/bios-multipath/facts.json");
const live = JSON.parse(readFileSync(file, "utf8")) as Facts;
const change = (facts: Facts, to: (device: DeviceFacts) => DeviceFacts | undefined): Facts => {
  return { ...facts, devices: facts.devices.flatMap((device) => to(device) ?? []) };
};
/** The same machine in the rescue: four disks that are one. */
const rescue: Facts = {
  ...change(live, (device) => (device.dmUuid === undefined ? { ...device, holders: [] } : undefined)),
  ...{ mountinfo: "", swaps: "" },
};

test("layoutFrom() takes a multipath device for one disk with the WWN and the drivers of its paths", () => {
  const layout = layoutFrom(live);
  assert.equal(obstacles(layout), []);
  const disks = nodesOf(layout, "disk").map(({ path, wwn, serial }) => [path, wwn, serial]);
  const serial = "600144f0c7a30000000065f0a1b20001";
  assert.equal(disks, [["/dev/mapper/mpatha", `naa.${serial}`, serial]]);
  assert.equal(nodesOf(layout, "left-out"), []);
  assert.equal(nodesOf(layout, "swap")[0]?.active, true);
  assert.equal(nodesOf(layout, "hardware")[0]?.storageDrivers, ["pcieport", "qla2xxx", "sd_mod"]);
});

test("layoutFrom() knows a multipath device that is left out by the kernel's name", () => {
  const without = layoutFrom(live, { root: "/", excludedDevices: ["/dev/dm-0"] });
  assert.equal(
    nodesOf(without, "left-out").map(({ path, why }) => [path, why]),
    [["/dev/mapper/mpatha", "it is excluded"]],
  );
});

test("candidatesFrom() in the rescue offers one path, and matchDisks() finds it by its WWN", () => {
  const candidates = candidatesFrom(rescue);
  assert.equal(
    candidates.map(({ disk, busy }) => [disk.path, busy]),
    [
      ["/dev/sda", undefined],
      ...["sdb", "sdc", "sdd"].map((name) => [`/dev/${name}`, `/dev/${name} is another path to /dev/sda`]),
    ],
  );
  const layout = layoutFrom(live);
  const targets = matchDisks(layout, candidates, []);
  assert.match(targets.because["disk:dm-0"] ?? "", /^the same WWN, serial number/);
  const plan = planRestore(layout, targets, { set: "s", firmware: "bios", root: "/r" });
  assert.equal(
    plan.disks.map(({ path }) => path),
    ["/dev/sda"],
  );
  assert.equal(plan.targets["part:mapper/mpatha-part5"], "/dev/sda5");
  assert.not.throws(() => guardDisks(plan, candidates));
});

test("candidatesFrom() calls disks of one WWN two when they differ in serial number or size, or hang on USB", () => {
  const free = (to: (device: DeviceFacts) => DeviceFacts) =>
    candidatesFrom(change(rescue, (device) => (device.name === "sdb" ? to(device) : device)))
      .filter(({ busy }) => busy === undefined)
      .map(({ disk }) => disk.path);
  assert.equal(
    free((device) => ({ ...device, serial: "OTHER" })),
    ["/dev/sda", "/dev/sdb"],
  );
  assert.equal(
    free((device) => ({ ...device, sizeBytes: device.sizeBytes * 2 })),
    ["/dev/sda", "/dev/sdb"],
  );
  assert.equal(
    free((device) => ({ ...device, transport: "usb" })),
    ["/dev/sda", "/dev/sdb"],
  );
});

test("layoutFrom() of a multipath device that holds a volume group finds the group", () => {
  const md = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../machines/bios-md-lvm/facts.json"), "utf8"),
  ) as Facts;
  const member = md.devices.find(({ name }) => name === "vdb2");
  const over = change(md, (device) => {
    if (device.name === "vdb") return { ...device, wwn: "naa.5", holders: ["dm-9"] };
    return device;
  });
  const whole = { ...over.devices.find(({ name }) => name === "vdb"), name: "dm-9", path: "/dev/dm-9", devno: "253:9" };
  const part = { ...member, name: "dm-10", path: "/dev/dm-10", devno: "253:10", slaves: ["dm-9"] };
  const { parent: _, partition: __, startBytes: ___, ...bare } = part as DeviceFacts;
  const devices = [
    ...over.devices.map((device) =>
      device.slaves.includes("vdb2")
        ? { ...device, slaves: device.slaves.map((name) => (name === "vdb2" ? "dm-10" : name)) }
        : device,
    ),
    { ...(whole as DeviceFacts), slaves: ["vdb"], holders: ["dm-10"], dmUuid: "mpath-35", dmName: "mpathb" },
    { ...bare, dmUuid: "part2-mpath-35", dmName: "mpathb-part2" },
  ];
  const layout = layoutFrom({ ...md, devices });
  assert.equal(
    nodesOf(layout, "raid")[0]?.members.map(({ on }) => on),
    ["part:mapper/mpathb-part2", "part:vdc2"],
  );
});

test.run();
