import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LoaderContext } from "../../../src/drivers/contracts.ts";
import { danglingReferences } from "../../../src/drivers/loader/check-grub.ts";
import { grubBiosDriver } from "../../../src/drivers/loader/grub-bios.ts";
import type { GrubDetails } from "../../../src/drivers/loader/grub-details.ts";
import { grubReferences } from "../../../src/drivers/loader/grub-files.ts";
import { grubUefiDriver } from "../../../src/drivers/loader/grub-uefi.ts";
import { showEffect } from "../../../src/effects/effect-rows.ts";
import type { Host } from "../../../src/host/host.ts";
import { type LayoutNode, type Loader, nodesOf } from "../../../src/layout/types.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { fakeHost } from "../../support/fake-host.ts";

const uefi = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json"), "utf8"),
) as Facts;

function contextOf(facts: Facts): LoaderContext {
  const layout = layoutFrom(facts);
  const [loader] = nodesOf(layout, "loader");
  if (!loader) throw new Error("no loader");
  const targets = { "disk:nvme0n1": "/dev/vda", "part:nvme0n1p1": "/dev/vda1" };
  return { layout, loader, targets, root: "/mnt/restore", firmware: "uefi", names: {} };
}

test("grubReferences() finds UUIDs, PARTUUIDs and device names, but none in comments", () => {
  const text = `# root=UUID=00000000-0000-0000-0000-000000000000
  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2  6d6f6e64-6f00-4000-8000-000000000102
  search.fs_uuid 6D6F-2001 root hd0,gpt1
  linux /vmlinuz root=UUID=6d6f6e64-6f00-4000-8000-000000000105 ro
  linux /vmlinuz root=PARTUUID=abcd0123-05 ro
  linux /vmlinuz root=/dev/sda1 ro quiet
`;
  assert.equal(grubReferences([text]), {
    uuids: ["6D6F-2001", "6d6f6e64-6f00-4000-8000-000000000102", "6d6f6e64-6f00-4000-8000-000000000105"],
    partitionUuids: ["abcd0123-05"],
    devices: ["/dev/sda1"],
  });
});

test("danglingReferences() of a recorded machine is empty, and names a UUID that nothing has", () => {
  const context = contextOf(uefi);
  const { references } = context.loader.details as unknown as GrubDetails;
  assert.equal(danglingReferences(context, references), []);
  const nodes = context.layout.nodes.filter((node) => node.kind !== "filesystem" || node.type !== "xfs");
  const [defect] = danglingReferences({ ...context, layout: { ...context.layout, nodes } }, references);
  assert.match(defect ?? "", /000000000203, which is on none of the restored disks/);
});

const bios = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-lvm-cache/facts.json"), "utf8"),
) as Facts;
const device = (name: string) => {
  const found = bios.devices.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const [bootSector] = device("vda").reads;

/**
 * The recorded machine with its boot code on the disk of data, too, as an earlier installation leaves it; `placeless`:
 * and no place for it.
 */
function biosContext(placeless: boolean): LoaderContext {
  const code = Buffer.from(bootSector?.base64 ?? "", "base64").subarray(0, 440);
  const devices = bios.devices.map((one) => {
    if (one.name !== "vdb") return one;
    return {
      ...one,
      reads: one.reads.map((read) => {
        const bytes = Buffer.alloc(read.length);
        bytes.set(Buffer.from(read.base64, "base64"));
        if (read.offset === 0) bytes.set(code);
        return { ...read, base64: bytes.toString("base64") };
      }),
    };
  });
  const layout = layoutFrom({ ...bios, devices });
  const nodes = layout.nodes.map((node): LayoutNode => {
    return placeless && node.kind === "partition" ? { ...node, type: "0FC63DAF-8483-4772-8E79-3D69D8477DE4" } : node;
  });
  const [loader] = nodesOf(layout, "loader");
  if (!loader) throw new Error("no loader");
  return {
    layout: { version: 1, nodes },
    loader,
    targets: { "disk:vda": "/dev/sda" },
    root: "/r",
    firmware: "bios",
    names: {},
  };
}

test("detect() for BIOS leaves boot code alone that an earlier installation left on a disk without a place for GRUB", () => {
  assert.equal(biosContext(false).loader.on, ["disk:vda"]);
});

test("plan() for BIOS forces grub-install, which refuses a GPT without a BIOS boot partition, only there", () => {
  const argv = (placeless: boolean) =>
    grubBiosDriver.plan(biosContext(placeless)).flatMap(({ effects }) => effects.map(showEffect));
  assert.equal(argv(false), ["chroot: grub-install --target=i386-pc --recheck /dev/sda"]);
  assert.equal(argv(true), ["chroot: grub-install --target=i386-pc --recheck --force /dev/sda"]);
});

test("plan() for UEFI copies shim and its companions to the fallback path when the set has none there", () => {
  const files = uefi.files.filter((path) => !path.includes("/EFI/BOOT/"));
  const context = contextOf({ ...uefi, files });
  const effects = grubUefiDriver.plan(context).flatMap((action) => action.effects);
  const copied = effects.flatMap((effect) => (effect.do === "run" ? [effect.argv.at(-1)] : []));
  assert.equal(
    copied,
    ["BOOTX64.EFI", "grubx64.efi", "mmx64.efi"].map((name) => `/mnt/restore/boot/efi/EFI/BOOT/${name}`),
  );
});

/** The recorded machine with a second disk, whose ESP is mounted at /boot/efi2. */
function withSecondEsp(): LoaderContext {
  const context = contextOf(uefi);
  const second = (node: LayoutNode): LayoutNode[] => {
    const text = JSON.stringify(node).replaceAll("nvme0n1", "nvme1n1").replaceAll("/boot/efi", "/boot/efi2");
    const isEsp = /nvme0n1p1"|"(disk|table):nvme0n1"/.test(JSON.stringify(node.id)) || node.id === "mount:/boot/efi";
    const copy = JSON.parse(text) as LayoutNode;
    return isEsp ? [copy.kind === "partition" ? { ...copy, uuid: "SECOND" } : copy] : [];
  };
  const files = (context.loader.details.files as string[]).filter((path) => !path.includes("/EFI/BOOT/"));
  const loader: Loader = {
    ...context.loader,
    on: ["fs:nvme0n1p1", "fs:nvme1n1p1"],
    details: {
      ...context.loader.details,
      files: [...files, ...files.map((path) => path.replace("/boot/efi/", "/boot/efi2/"))],
    },
  };
  const nodes = context.layout.nodes.map((node): LayoutNode => {
    return node.kind === "firmware" ? { ...node, entries: [], bootOrder: [] } : node;
  });
  return {
    ...context,
    loader,
    layout: { version: 1, nodes: [...nodes, ...nodes.flatMap(second)] },
    targets: { ...context.targets, "disk:nvme1n1": "/dev/vdb", "part:nvme1n1p1": "/dev/vdb1" },
  };
}

test("plan() for UEFI with an ESP on each of two disks prepares both; the first one's entry is the first", () => {
  const context = withSecondEsp();
  const entries = grubUefiDriver.assumedEntries?.(context) ?? [];
  assert.equal(
    entries.map(({ partition, label }) => [partition.table, label]),
    [
      ["table:nvme0n1", "debian"],
      ["table:nvme1n1", "debian"],
    ],
  );
  const effects = grubUefiDriver.plan(context).flatMap((action) => action.effects);
  const copied = effects.flatMap((effect) => (effect.do === "run" ? [effect.argv.at(-1) ?? ""] : []));
  for (const esp of ["efi", "efi2"]) {
    assert.ok(copied.includes(`/mnt/restore/boot/${esp}/EFI/BOOT/BOOTX64.EFI`), copied.join(" "));
  }
});

test("verify() for UEFI finds the second ESP without a loader", async () => {
  const context = withSecondEsp();
  const list = (path: string) => (path.endsWith("/efi") ? ["EFI"] : []);
  const host = { list, exists: () => true, tryReadText: () => undefined };
  const defects = await grubUefiDriver.verify(host as unknown as Host, context);
  assert.ok(
    defects.some((defect) => defect.includes("ESP (/boot/efi2) has no EFI/BOOT")),
    defects.join("\n"),
  );
});

/** The recorded machine with Fedora's kind of menu: one entry, whose root is said in GRUB's environment. */
function withBls(): LoaderContext {
  const entry = "title Fedora\nlinux /vmlinuz-6.1\ninitrd /initramfs-6.1.img\noptions $kernelopts\n";
  const texts = {
    ...uefi.texts,
    "/boot/grub/grub.cfg": "insmod blscfg\nblscfg\n",
    "/boot/loader/entries/f.conf": entry,
  };
  return contextOf({ ...uefi, texts });
}

async function blsDefectsWith(root: string, kernel: string): Promise<readonly string[]> {
  const context = withBls();
  const files = {
    "/mnt/restore/boot/grub/grub.cfg": "blscfg\n",
    "/mnt/restore/boot/grub/grubenv": `# GRUB Environment Block\nkernelopts=root=${root} ro\n`,
    "/mnt/restore/boot/loader/entries/f.conf": "linux /vmlinuz-6.1\noptions $kernelopts\n",
    [`/mnt/restore/boot/${kernel}`]: "x",
    "/mnt/restore/boot/efi/EFI/debian/shimx64.efi": "x",
    "/mnt/restore/boot/efi/EFI/BOOT/BOOTX64.EFI": "x",
  };
  return grubUefiDriver.verify(fakeHost({ files }), context);
}

test("detect() of GRUB with a menu of loader entries records their files; verify() looks at what they name", async () => {
  const { details } = withBls().loader;
  assert.equal(details.configs, ["/boot/loader/entries/f.conf", "/boot/grub/grubenv"]);
  assert.equal(await blsDefectsWith("UUID=6d6f6e64-6f00-4000-8000-000000000203", "vmlinuz-6.1"), []);
  assert.equal(await blsDefectsWith("UUID=6d6f6e64-6f00-4000-8000-000000000999", "vmlinuz-6.0"), [
    "/boot/loader/entries/f.conf names /vmlinuz-6.1, which isn't on the restored disks",
    "/boot/loader/entries/f.conf names root=UUID=6d6f6e64-6f00-4000-8000-000000000999, which is on none of the restored disks",
  ]);
});

test("a rescue that was started by BIOS warns that the set's system starts by UEFI", () => {
  assert.is(grubUefiDriver.warnings({ ...contextOf(uefi), firmware: "bios" }).length, 1);
});

test.run();
