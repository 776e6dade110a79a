import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { GIB, MIB } from "../../../src/base/units.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import type { Disk, Layout, LayoutNode } from "../../../src/layout/types.ts";

function disk(name: string, sizeBytes: number, more: Partial<Disk> = {}): Disk {
  const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
  return { kind: "disk", id: `disk:${name}`, path: `/dev/${name}`, sizeBytes, ...shape, ...more };
}

function layoutOf(...disks: Disk[]): Layout {
  const nodes = disks.flatMap((d): LayoutNode[] => {
    const name = d.path.slice(5);
    const table: LayoutNode = { kind: "table", id: `table:${name}`, on: d.id, scheme: "gpt", uuid: "U", entries: 128 };
    const place = { startBytes: MIB, sizeBytes: d.sizeBytes - 2 * MIB };
    const words = { number: 1, type: "T", uuid: "P", role: "primary" } as const;
    return [
      d,
      table,
      { kind: "partition", id: `part:${name}1`, table: table.id, path: `${d.path}1`, ...place, ...words },
    ];
  });
  return { version: 1, nodes };
}

function candidate(d: Disk, more: Partial<Candidate> = {}): Candidate {
  return { disk: d, readOnly: false, contents: "nothing that is known", storageDrivers: [], ...more };
}

function refusal(work: () => unknown): MondoError {
  try {
    work();
  } catch (error) {
    assert.instance(error, MondoError);
    return error as MondoError;
  }
  throw new Error("did not refuse");
}

const source = disk("sda", 20 * GIB, { serial: "S1", model: "M" });

test("matchDisks() prefers the serial to a disk of the same size and name", () => {
  const same = candidate(disk("sda", 20 * GIB, { serial: "OTHER", model: "M" }));
  const own = candidate(disk("sdb", 30 * GIB, { serial: "S1" }));
  const targets = matchDisks(layoutOf(source), [same, own], []);
  assert.is(targets.disks["disk:sda"]?.disk.path, "/dev/sdb");
  assert.is(targets.because["disk:sda"], "the same serial number");
});

test("matchDisks() takes equal disks for a mirror when there are as many as it needs, in their order", () => {
  const set = layoutOf(disk("sda", 20 * GIB, { serial: "S1" }), disk("sdb", 20 * GIB, { serial: "S2" }));
  const fresh = ["vda", "vdb"].map((name) => candidate(disk(name, 20 * GIB)));
  const { disks, because } = matchDisks(set, [...fresh, candidate(disk("vdc", 8 * GIB))], []);
  assert.equal([disks["disk:sda"]?.disk.path, disks["disk:sdb"]?.disk.path], ["/dev/vda", "/dev/vdb"]);
  assert.is(because["disk:sdb"], "as many equal disks as are needed");
});

test("matchDisks() refuses to choose two of three equal disks, and which of two unequal ones becomes which", () => {
  const set = layoutOf(disk("sda", 20 * GIB), disk("sdb", 20 * GIB));
  const three = ["vda", "vdb", "vdc"].map((name) => candidate(disk(name, 20 * GIB)));
  assert.match(refusal(() => matchDisks(set, three, [])).message, /could be any of 3 disks/);
  const unequal = [candidate(disk("vda", 30 * GIB)), candidate(disk("vdb", 31 * GIB))];
  assert.match(refusal(() => matchDisks(set, unequal, [])).message, /could be any of 2 disks/);
});

test("matchDisks() takes the only disk that is large enough", () => {
  const targets = matchDisks(
    layoutOf(source),
    [candidate(disk("vda", 40 * GIB)), candidate(disk("vdb", 10 * GIB))],
    [],
  );
  assert.is(targets.disks["disk:sda"]?.disk.path, "/dev/vda");
});

test("matchDisks() refuses to guess between two equal disks and lists them", () => {
  const error = refusal(() =>
    matchDisks(layoutOf(source), [candidate(disk("vda", 20 * GIB)), candidate(disk("vdb", 20 * GIB))], []),
  );
  assert.is(error.code, "no-match");
  assert.match(error.message, /\/dev\/vda.*\/dev\/vdb/);
  assert.match(error.hint ?? "", /interactive/);
});

test("matchDisks() takes the operator's choice between equal disks", () => {
  const two = [candidate(disk("vda", 20 * GIB)), candidate(disk("vdb", 20 * GIB))];
  const targets = matchDisks(layoutOf(source), two, [], { "disk:sda": "/dev/vdb" });
  assert.is(targets.disks["disk:sda"]?.disk.path, "/dev/vdb");
});

test("matchDisks() says with numbers that every disk is too small", () => {
  const error = refusal(() => matchDisks(layoutOf(source), [candidate(disk("vda", 10 * GIB))], []));
  assert.is(error.code, "no-match");
  assert.match(error.message, /needs 20\.0 GiB \(21473804800 bytes\).*10\.0 GiB \(10737418240 bytes\)/);
});

test("matchDisks() never takes carriers, busy, read-only, removable or strange disks, even with the same serial", () => {
  const layout = layoutOf(source);
  const stranger: LayoutNode = {
    kind: "left-out",
    id: "left-out:sdz",
    path: "/dev/sdz",
    why: "",
    holdsData: true,
    sizeBytes: 1,
    serial: "Z",
  };
  const all = [
    candidate(disk("sdb", 20 * GIB, { serial: "S1" })),
    candidate(disk("sdc", 20 * GIB), { busy: "/dev/sdc1 is mounted at /mnt" }),
    candidate(disk("sdd", 20 * GIB), { readOnly: true }),
    candidate(disk("sde", 20 * GIB, { removable: true })),
    candidate(disk("sdf", 20 * GIB, { serial: "Z" })),
  ];
  const error = refusal(() => matchDisks({ ...layout, nodes: [...layout.nodes, stranger] }, all, ["/dev/sdb1"]));
  assert.match(error.message, /no free disk/);
  assert.match(error.message, /sdb: carries the backup/);
  assert.match(error.message, /sdc1 is mounted at \/mnt/);
  assert.match(error.message, /sdf: was in the machine/);
});

test("matchDisks() takes a disk that was left out when it was blank, or when the operator names it", () => {
  const layout = layoutOf(source);
  const left = { kind: "left-out", id: "left-out:sdz", path: "/dev/sdz", why: "", sizeBytes: 1, serial: "Z" } as const;
  const [disk0] = [candidate(disk("sdf", 20 * GIB, { serial: "Z" }))];
  const blank: Layout = { ...layout, nodes: [...layout.nodes, { ...left, holdsData: false }] };
  const full: Layout = { ...layout, nodes: [...layout.nodes, { ...left, holdsData: true }] };
  assert.is(matchDisks(blank, [disk0], []).disks["disk:sda"], disk0);
  assert.is(refusal(() => matchDisks(full, [disk0], [])).code, "no-match");
  assert.is(matchDisks(full, [disk0], [], { "disk:sda": "/dev/sdf" }).disks["disk:sda"], disk0);
});

test("matchDisks() knows a disk without WWN and serial by what lies on it", () => {
  const two = [
    candidate(disk("vda", 20 * GIB)),
    candidate(disk("vdb", 20 * GIB), { identities: ["u", "something-else"] }),
  ];
  const targets = matchDisks(layoutOf(disk("vda", 20 * GIB)), two, []);
  assert.is(targets.disks["disk:vda"]?.disk.path, "/dev/vdb");
  assert.is(targets.because["disk:vda"], "the same content and size");
});

test("matchDisks() says all that speaks for a disk", () => {
  const own = disk("sdx", 20 * GIB, { serial: "S1", model: "M", wwn: "naa.5" });
  const targets = matchDisks(layoutOf({ ...own, id: "disk:sda", path: "/dev/sda" }), [candidate(own)], []);
  assert.is(targets.because["disk:sda"], "the same WWN, serial number, model and size");
});

test("matchDisks() prefers a disk that holds everything as it was to one on which it must shrink", () => {
  const least = () => 5 * GIB;
  const two = [candidate(disk("vda", 10 * GIB)), candidate(disk("vdb", 40 * GIB))];
  const targets = matchDisks(layoutOf(source), two, [], {}, least);
  assert.is(targets.disks["disk:sda"]?.disk.path, "/dev/vdb");
  const shrunk = matchDisks(layoutOf(source), two.slice(0, 1), [], {}, least);
  assert.match(shrunk.because["disk:sda"] ?? "", /large enough, with less free space/);
  assert.match(
    refusal(() => matchDisks(layoutOf(source), [candidate(disk("vda", 4 * GIB))], [], {}, least)).message,
    /needs 5\.0 GiB \(\d+ bytes\) even with everything shrunk/,
  );
});

test("matchDisks() refuses a chosen disk that is too small by its name", () => {
  const two = [candidate(disk("vda", 20 * GIB)), candidate(disk("vdb", 10 * GIB))];
  const error = refusal(() => matchDisks(layoutOf(source), two, [], { "disk:sda": "/dev/vdb" }));
  assert.match(error.message, /the disk that was chosen, \/dev\/vdb, 10\.0 GiB, has only/);
});

test("matchDisks() with no disk at all says so", () => {
  assert.match(refusal(() => matchDisks(layoutOf(source), [], [])).message, /no free disk/);
});

test("matchDisks() gives two disks by size when each fits one only", () => {
  const layout = layoutOf(disk("sda", 20 * GIB), disk("sdb", 40 * GIB));
  const targets = matchDisks(layout, [candidate(disk("vda", 40 * GIB)), candidate(disk("vdb", 20 * GIB))], []);
  assert.is(targets.disks["disk:sda"]?.disk.path, "/dev/vdb");
  assert.is(targets.disks["disk:sdb"]?.disk.path, "/dev/vda");
});

test("matchDisks() refuses sectors on whose borders the partitions don't lie", () => {
  const odd = layoutOf(disk("sda", 20 * GIB + 512));
  const error = refusal(() =>
    matchDisks(odd, [candidate(disk("nvme0n1", 40 * GIB, { logicalSectorBytes: 4096 }))], []),
  );
  assert.match(error.message, /sectors of 4096 bytes/);
});

test("matchDisks() refuses sectors that a file system on a volume is too fine for, and a GPT that begins before its first MiB", () => {
  const large = [candidate(disk("nvme0n1", 40 * GIB, { logicalSectorBytes: 4096 }))];
  const group: LayoutNode = {
    ...{ kind: "volume-group", id: "vg:v", name: "v", uuid: "G", metadata: "" },
    members: [{ on: "part:sda1", uuid: "V", metadataAreas: 1 }],
  };
  const volume = { group: "vg:v", name: "root", path: "/dev/v/root", uuid: "L", sizeBytes: GIB, segments: ["striped"] };
  const fs = (sectorBytes: number): LayoutNode => {
    return {
      kind: "filesystem",
      id: "fs:v/root",
      on: "lv:v/root",
      type: "xfs",
      sizeBytes: GIB,
      details: { sectorBytes },
    };
  };
  const on = (sectorBytes: number): Layout => ({
    version: 1,
    nodes: [...layoutOf(source).nodes, group, { kind: "logical-volume", id: "lv:v/root", ...volume }, fs(sectorBytes)],
  });
  const least = () => GIB;
  assert.match(refusal(() => matchDisks(on(512), large, [], {}, least)).message, /sectors of 4096 bytes/);
  assert.is(matchDisks(on(4096), large, [], {}, least).disks["disk:sda"], large[0]);
  const early = layoutOf(source).nodes.map((node): LayoutNode => {
    return node.kind === "partition" ? { ...node, startBytes: 40 * 512 } : node;
  });
  assert.match(refusal(() => matchDisks({ version: 1, nodes: early }, large, [])).message, /sectors of 4096 bytes/);
});

test.run();
