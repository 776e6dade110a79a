import { test } from "uvu";
import * as assert from "uvu/assert";
import { firstBootEntry } from "../../../../src/formats/boot/grub-menu.ts";

const entry = (lines: string) =>
  `set default="0"\nmenuentry 'Debian' --class gnu {\n${lines}\n}\nmenuentry 'other' {\n\tinitrd /x\n}\n`;

test("firstBootEntry() gives kernel, initrd and words of the first entry", () => {
  const config = entry(
    "\techo 'Loading'\n\tlinux\t/boot/vmlinuz-6.1 root=UUID=ab ro  quiet\n\tinitrd\t/boot/initrd.img-6.1",
  );
  const found = { kernel: "/boot/vmlinuz-6.1", initrd: "/boot/initrd.img-6.1", words: "root=UUID=ab ro  quiet" };
  assert.equal(firstBootEntry(config), found);
});

test("firstBootEntry() takes quotes away, knows older commands, and the last of several initrds", () => {
  const config = entry(`  linux16 /vmlinuz root="LABEL=a b" opt='c d' e\\ f\n  initrd16 /ucode.img /initrd`);
  const found = { kernel: "/vmlinuz", initrd: "/initrd", words: "root=LABEL=a b opt=c d e f" };
  assert.equal(firstBootEntry(config), found);
});

test("firstBootEntry() gives nothing for what it can't know", () => {
  assert.is(firstBootEntry(""), undefined);
  assert.is(firstBootEntry("blscfg\n"), undefined);
  assert.is(firstBootEntry(entry("  linux /vmlinuz $kernelopts\n  initrd /initrd")), undefined);
  assert.is(firstBootEntry(entry("  linux /vmlinuz root=/dev/sda1")), undefined);
});

test.run();
