import { test } from "uvu";
import * as assert from "uvu/assert";
import { xorrisoArguments, xorrisoProgress } from "../../../../src/drivers/media/iso.ts";

const plan = { output: "/o.iso.partial", volumeId: "MONDO_1", staging: "/s", grafts: { "/mondo": "/a=b\\c" } };

test("xorrisoArguments() boots BIOS and UEFI and makes a hybrid", () => {
  const argv = xorrisoArguments({
    ...plan,
    bios: { kind: "isolinux", image: "isolinux/isolinux.bin", mbr: "/m.bin" },
    efiImage: "boot/efi.img",
  });
  const text = argv.join(" ");
  assert.match(
    text,
    /-b isolinux\/isolinux.bin .*-isohybrid-mbr \/m.bin -eltorito-alt-boot -e boot\/efi.img .*-isohybrid-gpt-basdat/,
  );
  assert.match(text, /-iso-level 3/);
});

test("xorrisoArguments() with UEFI alone has no BIOS entry", () => {
  const argv = xorrisoArguments({ ...plan, efiImage: "boot/efi.img" });
  assert.not.ok(argv.includes("-eltorito-alt-boot"));
  assert.not.ok(argv.includes("-b"));
});

test("xorrisoArguments() with GRUB uses its hybrid MBR", () => {
  const argv = xorrisoArguments({ ...plan, bios: { kind: "grub", image: "boot/grub/eltorito.img", mbr: "/h.img" } });
  assert.ok(argv.includes("--grub2-mbr"));
  assert.ok(argv.includes("--grub2-boot-info"));
});

test("xorrisoArguments() escapes = and \\ in graft points", () => {
  assert.ok(xorrisoArguments(plan).includes("/mondo=/a\\=b\\\\c"));
});

test("xorrisoProgress() reads the share", () => {
  assert.is(xorrisoProgress("xorriso : UPDATE :  42.50% done, estimate finish"), 0.425);
  assert.is(xorrisoProgress("Written to medium : 100 sectors"), undefined);
});

test.run();
