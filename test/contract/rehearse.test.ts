/** What a backup tries with this machine's tools before it believes that they make everything again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { rehearse, requireRehearsal } from "../../src/backup/rehearse.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Filesystem, Layout, LayoutNode, Luks, Partition, PartitionTable } from "../../src/layout/types.ts";
import { layoutFrom } from "../../src/probe/layout-from.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const host = linuxHost();
const place = scratch();
test.after(place.remove);

const machine = (name: string): Layout =>
  layoutFrom(JSON.parse(readFileSync(`test/machines/${name}/facts.json`, "utf8")));

function changed(layout: Layout, kind: LayoutNode["kind"], change: (node: never) => LayoutNode): Layout {
  return { ...layout, nodes: layout.nodes.map((node) => (node.kind === kind ? change(node as never) : node)) };
}

const tryOut = (layout: Layout) => rehearse(host, layout, [place.path], "try", silentReporter);

for (const name of ["uefi-gpt-xfs", "bios-mbr-logical", "bios-md-gpt", "bios-btrfs-raid1"]) {
  test(`${name}: everything comes out as it was, and no file stays`, async () => {
    assert.equal(await tryOut(machine(name)), { failures: [], differences: [] });
    assert.equal(readdirSync(place.path), []);
  });
}

const gpt = machine("uefi-gpt-xfs");
const withXfs = (details: object) =>
  changed(gpt, "filesystem", (fs: Filesystem) =>
    fs.type === "xfs" ? { ...fs, details: { ...fs.details, ...details } } : fs,
  );

test("a command that the tool refuses is a failure, in words about the device", async () => {
  const { failures } = await tryOut(withXfs({ agBlocks: 7 }));
  assert.match(
    failures.join("\n"),
    /^Make the file system \(xfs\) on \/dev\/\w+ .*: mkfs\.xfs failed with exit code 1/,
  );
  assert.not.match(failures.join("\n"), new RegExp(place.path));
});

test("what comes out different is named, and does not end the backup", async () => {
  const warnings: string[] = [];
  const layout = withXfs({ inodeMaxPercent: 25, directoryBlockBytes: 8192, stripeUnitBlocks: 0, stripeWidthBlocks: 3 });
  await requireRehearsal(host, layout, [place.path], "try", { ...silentReporter, warn: (text) => warnings.push(text) });
  assert.match(warnings.join("\n"), /\/dev\/\w+ \(xfs\): stripeWidthBlocks is 0 instead of 3/);
  assert.is(warnings.length, 1);
});

test("a backup is refused for what would fail", async () => {
  const error = await requireRehearsal(host, withXfs({ agBlocks: 7 }), [place.path], "try", silentReporter).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.instance(error, MondoError);
  assert.is((error as MondoError).code, "unsupported");
});

test("labels that are no UTF-8 and names that sfdisk doesn't take come out as they are", async () => {
  const odd = ["caf\udce9", "half \ud83d", "smile 😀", 'q"\\ \t;', "\udc90DONNEES"];
  for (const name of odd) {
    const named = changed(gpt, "partition", (partition: Partition) => ({ ...partition, name }));
    assert.equal(
      await tryOut({ ...named, nodes: named.nodes.filter(({ kind }) => !["filesystem", "swap"].includes(kind)) }),
      {
        failures: [],
        differences: [],
      },
    );
  }
  for (const source of [gpt, machine("bios-md-gpt"), machine("bios-btrfs-raid1")]) {
    const labelled = changed(source, "filesystem", (fs: Filesystem) => ({ ...fs, label: "caf\udce9" }));
    assert.equal(await tryOut(labelled), { failures: [], differences: [] });
  }
});

test("a btrfs is tried though this machine has one of its UUID", async () => {
  const layout = machine("bios-btrfs-raid1");
  const uuid = layout.nodes.flatMap((node) =>
    node.kind === "filesystem" && node.type === "btrfs" ? node.uuid : [],
  )[0];
  const file = place.image("live", 300 << 20);
  sh(["mkfs.btrfs", "-q", "-f", "-U", uuid ?? "", file]);
  const loop = attachLoop(file);
  try {
    assert.equal(await tryOut(layout), { failures: [], differences: [] });
    const odd = changed(layout, "filesystem", (fs: Filesystem) => ({
      ...fs,
      details: fs.type === "btrfs" ? { ...fs.details, nodeBytes: 5000 } : fs.details,
    }));
    assert.match((await tryOut(odd)).failures.join("\n"), new RegExp(`UUID ${uuid}\\): mkfs.btrfs failed`));
  } finally {
    loop.detach();
  }
});

const disk4k = (sizeBytes: number): LayoutNode => ({
  ...{ kind: "disk", id: "disk:sdx", path: "/dev/sdx", sizeBytes, rotational: false, removable: false },
  ...{ logicalSectorBytes: 4096, physicalSectorBytes: 4096 },
});
const gpt4k = (startBytes: number): Layout => {
  const table = gpt.nodes.find(({ kind }) => kind === "table") as PartitionTable;
  const [partition] = gpt.nodes.filter((node): node is Partition => node.kind === "partition");
  if (!partition) throw new Error("no partition");
  const place = { path: "/dev/sdx1", number: 1, startBytes, sizeBytes: 40 << 20, name: 'smile 😀 "q' };
  const last = { firstUsableSector: 6, lastUsableSector: (256 << 8) - 6 };
  return {
    version: 1,
    nodes: [disk4k(256 << 20), { ...table, on: "disk:sdx", ...last }, { ...partition, table: table.id, ...place }],
  };
};

needing(test, canLoop())("a table with sectors of 4 KiB is tried on a loop device, of which none stays", async () => {
  const before = sh(["losetup", "-n", "-O", "NAME"]);
  const { failures, differences } = await tryOut(gpt4k(1 << 20));
  assert.equal([failures, differences], [[], []]);
  const { failures: beyond } = await tryOut(gpt4k(300 << 20));
  assert.match(beyond.join("\n"), /^Write a GUID partition table with 1 partition to \/dev\/sdx: sfdisk failed/);
  assert.is(sh(["losetup", "-n", "-O", "NAME"]), before);
  assert.not(existsSync(`${place.path}/try`));
});

const pbkdf2 = { type: "pbkdf2", hash: "sha256", iterations: 5_000_000 } as const;
const argon2 = { type: "argon2id", iterations: 9, memoryKib: 1 << 20, threads: 4 } as const;
const luksOf = (more: Partial<Luks>): Layout => ({
  version: 1,
  nodes: [
    { ...disk4k(64 << 20), logicalSectorBytes: 512 } as LayoutNode,
    {
      ...{ kind: "luks", id: "luks:x", on: "disk:sdx", path: "/dev/mapper/x", name: "x", version: 2 },
      ...{ uuid: "5f5aee26-8a83-4e1f-9a2c-7e1a45d2c0ab", cipher: "aes-xts-plain64", keyBytes: 64, sectorBytes: 4096 },
      ...{ hash: "sha256", dataOffsetBytes: 16 << 20, sizeBytes: 48 << 20, flags: [], tokens: [] },
      ...{ metadataBytes: 16384, keyslotsBytes: 16744448, slots: [{ number: 1, pbkdf: argon2 }], ...more },
    } as Luks,
  ],
});

test("headers of LUKS are tried with a key that costs no time", async () => {
  const started = Date.now();
  const luks1 = {
    version: 1,
    sectorBytes: 512,
    dataOffsetBytes: 2 << 20,
    slots: [{ number: 0, pbkdf: pbkdf2 }],
  } as const;
  const { metadataBytes: _, keyslotsBytes: __, ...plain } = (luksOf(luks1).nodes[1] ?? {}) as Luks;
  const old: Layout = { version: 1, nodes: [luksOf({}).nodes[0] as LayoutNode, plain as Luks] };
  for (const layout of [luksOf({}), luksOf({ label: "a label", subsystem: "mine" }), old]) {
    assert.equal(await tryOut(layout), { failures: [], differences: [] });
  }
  assert.ok(Date.now() - started < 60_000);
  assert.not(existsSync(`${place.path}/try`));
});

test("a volume that cryptsetup would refuse is found while the machine lives", async () => {
  for (const odd of [
    { cipher: "no-such-cipher" },
    { sectorBytes: 4096, sizeBytes: (48 << 20) + 512 },
    { keyBytes: 7 },
  ]) {
    const { failures } = await tryOut(luksOf(odd));
    assert.match(failures.join("\n"), /^Make \/dev\/mapper\/x: cryptsetup failed/, JSON.stringify(odd));
  }
  const sealed = luksOf({ cipher: "no-such-cipher", header: "luks-x.header.age" });
  assert.equal(await tryOut(sealed), { failures: [], differences: [] });
});

test("a place that can't be had is passed over, and without any nothing is tried", async () => {
  const second = `${place.path}/second`;
  mkdirSync(second);
  const { failures } = await rehearse(host, withXfs({ agBlocks: 7 }), ["/proc/none", second], "try", silentReporter);
  assert.is(failures.length, 1);
  assert.not(existsSync(`${second}/try`));
  const without = await rehearse(host, withXfs({ agBlocks: 7 }), ["/proc/none"], "try", silentReporter);
  assert.equal(without, { failures: [], differences: [] });
});

test.run();
