import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { foundLoaders, requireLoader } from "../../../src/backup/require-loader.ts";
import type { MondoError } from "../../../src/base/errors.ts";
import type { Layout } from "../../../src/layout/types.ts";

const machine = (name: string): Layout =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines", name, "layout.json"), "utf8"));

const real = { realPath: (path: string) => (path === "/dev/disk/by-id/first" ? "/dev/vda" : path) };
const check = (layout: Layout, name?: string, device?: string) =>
  requireLoader(real, layout, { loader: { name, device } } as BackupRequest);

const refused = (work: () => void, message: RegExp) =>
  assert.throws(work, (error: MondoError) => error.code === "usage" && message.test(error.message));

test("the boot loaders of machines have the names that people know, and the disks that they are on", () => {
  assert.equal(foundLoaders(machine("bios-gpt-ext4")), [{ name: "GRUB", disks: ["/dev/vda"] }]);
  assert.is(foundLoaders(machine("uefi-systemd-boot"))[0]?.name, "systemd-boot");
  const mirrored = foundLoaders(machine("uefi-esp-mirror"))[0]?.disks ?? [];
  assert.is(mirrored.length, 2, "both disks of a mirrored ESP");
});

test("-l and -f that are so say nothing, by link and in small letters, too", () => {
  const layout = machine("bios-gpt-ext4");
  check(layout);
  check(layout, "GRUB", "/dev/vda");
  check(layout, "g", "/dev/disk/by-id/first");
});

test("-l and -f that are not so are refused with what is", () => {
  const layout = machine("bios-gpt-ext4");
  refused(() => check(layout, "LILO"), /^-l LILO is not what starts this machine, which has GRUB on \/dev\/vda$/);
  refused(() => check(layout, "RAW"), /-l RAW/);
  refused(
    () => check(layout, "GRUB", "/dev/vdb"),
    /^-f \/dev\/vdb is not where the boot loader is: .* GRUB on \/dev\/vda$/,
  );
  refused(() => check(machine("uefi-systemd-boot"), "GRUB"), /systemd-boot/);
});

test.run();
