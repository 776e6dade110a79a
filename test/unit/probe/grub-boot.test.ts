import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { grubVersion, unreadByGrub } from "../../../src/drivers/loader/grub-reads.ts";
import { type Filesystem, nodesOf } from "../../../src/layout/types.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { withSuperblockBit } from "../../support/superblock-bit.ts";

const machine = (name: string): Facts =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines", name, "facts.json"), "utf8"));

const MODINFO = "/usr/lib/grub/x86_64-efi/modinfo.sh";
const withGrub = (facts: Facts, version: string): Facts => {
  return { ...facts, texts: { ...facts.texts, [MODINFO]: `grub_modinfo_platform=efi\ngrub_version="${version}"\n` } };
};
const notes = (facts: Facts) => nodesOf(layoutFrom(facts), "note").map(({ text }) => text);

/** /boot's own XFS, with many extents (nrext64). */
const xfs = withSuperblockBit(machine("uefi-bls"), "vda2", 216 + 3, 0x20);
const root = withSuperblockBit(machine("uefi-bls"), "vda3", 216 + 3, 0x20);
/** /boot's own ext, with a checksum seed, and with names in any case. */
const seed = withSuperblockBit(machine("bios-gpt-ext4"), "vda2", 1024 + 0x60 + 1, 0x20);
const casefold = withSuperblockBit(machine("bios-gpt-ext4"), "vda2", 1024 + 0x60 + 2, 0x02);

const END = "a restored system starts from it only if this one does, thanks to what its distribution added to GRUB";

test("layoutFrom() notes a feature of /boot's file system that the installed GRUB is too old to read", () => {
  assert.equal(notes(withGrub(xfs, "2.06")), [
    `/boot is on a file system (xfs) with nrext64 (which GRUB reads since 2.12; 2.06 is installed): ${END}`,
  ]);
  assert.equal(notes(withGrub(seed, "2.06")), [
    `/boot is on a file system (ext4) with metadata_csum_seed (which GRUB reads since 2.12; 2.06 is installed): ${END}`,
  ]);
  for (const facts of [withGrub(xfs, "2.12"), withGrub(seed, "2.14"), xfs, seed]) assert.equal(notes(facts), []);
});

test("layoutFrom() notes a feature that no GRUB reads, whichever is installed", () => {
  const text = `/boot is on a file system (ext4) with casefold (which no GRUB reads): ${END}`;
  for (const facts of [casefold, withGrub(casefold, "2.14")]) assert.equal(notes(facts), [text]);
});

test("layoutFrom() notes nothing of file systems that GRUB doesn't read from, nor where there is no GRUB", () => {
  assert.equal(notes(withGrub(root, "2.06")), []);
  const sdBoot = machine("bios-extlinux");
  assert.equal(notes(withGrub(withSuperblockBit(sdBoot, "vda1", 1024 + 0x60 + 2, 0x02), "2.06")), []);
});

test("layoutFrom() notes that GRUB couldn't be installed again, wherever distributions keep what that takes", () => {
  const facts = machine("bios-gpt-ext4");
  const without = (what: RegExp, ...more: string[]) =>
    notes({ ...facts, files: [...facts.files.filter((path) => !what.test(path)), ...more] }).join("\n");
  assert.is(without(/^$/), "");
  const says = /^grub-install, or GRUB's modules for BIOS, are not installed here .* won't start before they are$/;
  assert.match(without(/^\/usr\/lib\/grub\/i386-pc\//), says);
  assert.match(without(/grub-install$/), says);
  const suse = ["/usr/share/grub2/i386-pc/normal.mod", "/usr/sbin/grub2-install"];
  assert.is(without(/^\/usr\/lib\/grub\/i386-pc\/|grub-install$/, ...suse), "");
});

test("unreadByGrub() knows features as lists and as switches; grubVersion() reads modinfo.sh", () => {
  const fs = (type: string, features?: readonly string[] | Record<string, boolean>): Filesystem => {
    return {
      kind: "filesystem",
      id: "fs:x",
      on: "x",
      type,
      sizeBytes: 1,
      details: features === undefined ? {} : { features },
    };
  };
  assert.equal(unreadByGrub(fs("f2fs", ["lost_found", "extra_attr"]), "2.14"), [["extra_attr"]]);
  assert.equal(unreadByGrub(fs("xfs", { bigtime: true, exchange: true, parent: true, ci: false }), "2.12"), [
    ["exchange", "2.14"],
    ["parent", "2.14"],
  ]);
  assert.equal(unreadByGrub(fs("xfs", { bigtime: true }), "2.04"), [["bigtime", "2.06"]]);
  assert.equal(unreadByGrub(fs("ext4"), "2.02"), []);
  assert.equal(unreadByGrub(fs("btrfs", ["block-group-tree"]), "2.02"), []);
  assert.is(grubVersion({ [MODINFO]: "grub_version=2.06-13+deb12u1\n" }), "2.06");
  assert.is(grubVersion({ "/etc/default/grub": 'grub_version="2.06"\n' }), undefined);
});

test.run();
