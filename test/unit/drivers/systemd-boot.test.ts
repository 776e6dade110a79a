import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { LoaderContext } from "../../../src/drivers/contracts.ts";
import { systemdBootDriver } from "../../../src/drivers/loader/systemd-boot.ts";
import { showEffect } from "../../../src/effects/effect-rows.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import { initramfsActions } from "../../../src/plan/hardware.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { fakeHost } from "../../support/fake-host.ts";

const grub = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json"), "utf8"),
) as Facts;

const ROOT = "6d6f6e64-6f00-4000-8000-000000000203";
const entry = `title Debian\nlinux /id/6.1/linux\ninitrd /id/6.1/initrd.img-6.1\noptions root=UUID=${ROOT} ro\n`;
const restored = {
  "/mnt/restore/boot/efi/EFI/systemd/systemd-bootx64.efi": "MZ",
  "/mnt/restore/boot/efi/EFI/BOOT/BOOTX64.EFI": "MZ",
  "/mnt/restore/boot/efi/loader/entries/id-6.1.conf": entry,
  "/mnt/restore/boot/efi/id/6.1/linux": "MZ",
  "/mnt/restore/boot/efi/id/6.1/initrd.img-6.1": "07070",
};

/** The recorded machine, with systemd-boot on its ESP instead of GRUB. */
function factsWith(files: readonly string[]): Facts {
  const tools = grub.files.filter((path) => !/^\/boot\//.test(path));
  const texts = { "/boot/efi/loader/loader.conf": "timeout 1\n", "/boot/efi/loader/entries/id-6.1.conf": entry };
  return { ...grub, files: [...tools, "/boot/initrd.img-6.1", ...files], texts };
}

const PROGRAM = "/boot/efi/EFI/systemd/systemd-bootx64.efi";

function contextOf(facts: Facts): LoaderContext {
  const layout = layoutFrom(facts);
  const [loader, ...others] = nodesOf(layout, "loader");
  if (!loader || others.length > 0) throw new Error("not one loader");
  const targets = { "disk:nvme0n1": "/dev/vda", "part:nvme0n1p1": "/dev/vda1" };
  return { layout, loader, targets, root: "/mnt/restore", firmware: "uefi", names: {} };
}

test("detect() knows systemd-boot by its program on the ESP, what it starts, and copies of the initramfs", () => {
  const { loader } = contextOf(factsWith([PROGRAM, "/boot/efi/EFI/BOOT/BOOTX64.EFI"]));
  assert.is(loader.type, "systemd-boot", "the fall-back path alone doesn't make it GRUB");
  assert.equal(loader.on, ["fs:nvme0n1p1"]);
  assert.equal(loader.details.tops, ["/boot/efi", "/boot"], "the second one is an extended boot loader partition");
  assert.equal(loader.details.configs, ["/boot/efi/loader/loader.conf", "/boot/efi/loader/entries/id-6.1.conf"]);
  assert.equal(loader.details.copies, [{ from: "/boot/initrd.img-6.1", to: "/boot/efi/id/6.1/initrd.img-6.1" }]);
});

test("detect() finds none where another loader or BIOS starts the machine", () => {
  assert.equal(
    nodesOf(layoutFrom(grub), "loader").map(({ type }) => type),
    ["grub-uefi"],
  );
  const { efi: _, ...bios } = factsWith([PROGRAM]);
  assert.equal(
    nodesOf(layoutFrom(bios), "loader").map(({ type }) => type),
    ["none"],
  );
});

test("plan() copies the program to the fall-back path, and names what to enter; a warning by BIOS", () => {
  const context = contextOf(factsWith([PROGRAM]));
  const effects = systemdBootDriver.plan(context).flatMap((action) => action.effects);
  assert.equal(effects.map(showEffect), [
    "mkdir /mnt/restore/boot/efi/EFI/BOOT",
    `cp /mnt/restore${PROGRAM} /mnt/restore/boot/efi/EFI/BOOT/BOOTX64.EFI`,
  ]);
  assert.equal(
    systemdBootDriver.assumedEntries?.(context).map(({ label, file, partition }) => [label, file, partition.number]),
    [["Linux Boot Manager", "\\EFI\\systemd\\systemd-bootx64.efi", 1]],
  );
  const bios = { ...context, firmware: "bios" } as const;
  assert.is(systemdBootDriver.plan(bios).length, 1);
  assert.is(systemdBootDriver.warnings(bios).length, 1);
});

test("initramfsActions() copies what it rebuilt to where systemd-boot reads it", () => {
  const { layout } = contextOf(factsWith([PROGRAM]));
  const needs = { fresh: ["virtio_blk"], drivers: ["virtio_blk"] };
  const effects = initramfsActions(layout, needs, "/mnt/restore").flatMap((action) => action.effects);
  assert.is(
    effects.map(showEffect).at(-1),
    "cp /mnt/restore/boot/initrd.img-6.1 /mnt/restore/boot/efi/id/6.1/initrd.img-6.1  (may fail)",
  );
});

async function defectsOf(change: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const files = Object.entries({ ...restored, ...change }).flatMap(([path, text]) =>
    text === undefined ? [] : [[path, text] as const],
  );
  const context = contextOf(factsWith([PROGRAM, "/boot/efi/EFI/BOOT/BOOTX64.EFI"]));
  return systemdBootDriver.verify(fakeHost({ files: Object.fromEntries(files) }), context);
}

test("verify() is content with what was restored, whatever the case of names on FAT", async () => {
  assert.equal(await defectsOf({}), []);
  const upper = entry.replace("/id/6.1/linux", "/ID/6.1/LINUX");
  assert.equal(await defectsOf({ "/mnt/restore/boot/efi/loader/entries/id-6.1.conf": upper }), []);
});

test("verify() names a kernel, an initramfs, a root and a program that aren't there", async () => {
  const missing = await defectsOf({
    "/mnt/restore/boot/efi/id/6.1/linux": undefined,
    "/mnt/restore/boot/efi/EFI/systemd/systemd-bootx64.efi": undefined,
    "/mnt/restore/boot/efi/loader/entries/old.conf": `linux /id/6.1/initrd.img-6.1\noptions root=UUID=${ROOT}0 resume=/dev/sdz9\n`,
  });
  assert.equal(missing, [
    `${PROGRAM} wasn't restored`,
    "/boot/efi/loader/entries/id-6.1.conf names /id/6.1/linux, which isn't on the restored disks",
    `/boot/efi/loader/entries/old.conf names root=UUID=${ROOT}0, which is on none of the restored disks`,
  ]);
  const nothing = await defectsOf({ "/mnt/restore/boot/efi/loader/entries/id-6.1.conf": undefined });
  assert.equal(nothing, ["systemd-boot has nothing to start: /boot/efi, /boot hold no entry"]);
});

test("initramfsActions() keeps menus on ESPs, and gives hooks the machine's own command line with names valid here", () => {
  const commandLine = "BOOT_IMAGE=/linux root=/dev/sda2 ro";
  const { layout } = contextOf({ ...factsWith([PROGRAM]), commandLine });
  const names = { "/dev/sda2": `UUID=${ROOT}` };
  const needs = { fresh: ["virtio_blk"], drivers: ["virtio_blk"], names };
  const [effect] = initramfsActions(layout, needs, "/mnt/restore").flatMap(({ effects }) => effects);
  assert.ok(effect?.do === "run");
  assert.ok(effect.keeps?.includes("/mnt/restore/boot/efi"), effect.keeps?.join(" "));
  assert.is(effect.commandLine, `root=UUID=${ROOT} ro`);
});

test.run();
