import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeText } from "../../../../src/base/bytes.ts";
import { parseBlsEntry, parseExtlinux } from "../../../../src/formats/boot/boot-entries.ts";
import { parseGrubEnvironment, refitGrubEnvironment } from "../../../../src/formats/boot/grub-environment.ts";
import { unifiedCommandLine } from "../../../../src/formats/boot/unified-kernel.ts";

test("parseBlsEntry() collects every file and joins options; comments and GRUB's variables are none", () => {
  const text = `# made by kernel-install
title      Debian GNU/Linux 12 (bookworm)
version    6.1.0-18-amd64
options    root=UUID=6d6f ro
options    quiet
linux      /6d6f/6.1.0/linux
initrd     /ucode.img
initrd     /6d6f/6.1.0/initrd.img $tuned_initrd
`;
  assert.equal(parseBlsEntry(text), {
    title: "Debian GNU/Linux 12 (bookworm)",
    files: ["/6d6f/6.1.0/linux", "/ucode.img", "/6d6f/6.1.0/initrd.img"],
    options: "root=UUID=6d6f ro quiet",
  });
});

test("parseExtlinux() takes kernels alone, with the initrd wherever it is named, and the common APPEND", () => {
  const text = `DEFAULT linux
APPEND root=/dev/sda1 ro
LABEL linux
  MENU LABEL Debian
  KERNEL ../vmlinuz
  INITRD ../ucode.img,../initrd.img
LABEL rescue
  linux /vmlinuz.old
  append initrd=/initrd.old root=LABEL=root single
LABEL local
  COM32 chain.c32
LABEL memtest
  kernel memtest.bin
`;
  assert.equal(parseExtlinux(text), [
    { title: "linux", files: ["../vmlinuz", "../ucode.img", "../initrd.img"], options: "root=/dev/sda1 ro" },
    {
      title: "rescue",
      files: ["/vmlinuz.old", "/initrd.old"],
      options: "initrd=/initrd.old root=LABEL=root single",
    },
  ]);
});

/** A PE image with nothing but headers and these sections. */
function peImage(sections: Readonly<Record<string, string>>): Uint8Array {
  const names = Object.keys(sections);
  const bytes = new Uint8Array(0x400 + names.length * 0x200);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x80, true);
  view.setUint32(0x80, 0x4550, true);
  view.setUint16(0x86, names.length, true);
  view.setUint16(0x94, 0xf0, true);
  names.forEach((name, index) => {
    const at = 0x80 + 24 + 0xf0 + index * 40;
    const text = encodeText(sections[name] ?? "");
    bytes.set(encodeText(name), at);
    view.setUint32(at + 8, text.byteLength, true);
    view.setUint32(at + 16, 0x200, true);
    view.setUint32(at + 20, 0x400 + index * 0x200, true);
    bytes.set(text, 0x400 + index * 0x200);
  });
  return bytes;
}

const lineOf = (bytes: Uint8Array) => unifiedCommandLine((offset, length) => bytes.subarray(offset, offset + length));

test("unifiedCommandLine() reads the section, without padding; a program without a kernel is no such image", () => {
  assert.is(lineOf(peImage({ ".linux": "kernel", ".cmdline": "root=PARTUUID=6d6f ro\n\0" })), "root=PARTUUID=6d6f ro");
  assert.is(lineOf(peImage({ ".linux": "kernel" })), "");
  assert.is(lineOf(peImage({ ".text": "shell", ".cmdline": "x" })), undefined);
  for (const length of [0, 1, 0x3f, 0x81, 0x99, 0x180]) {
    assert.is(lineOf(peImage({ ".linux": "kernel" }).subarray(0, length)), undefined, `${length} bytes`);
  }
});

test("refitGrubEnvironment() keeps the length that GRUB can't change", () => {
  const block = (content: string) => `# GRUB Environment Block\n${content}`.padEnd(1024, "#");
  const before = block("kernelopts=root=/dev/sda1 ro \n");
  const after = refitGrubEnvironment(before, before.replace("/dev/sda1", "PARTUUID=6d6f6e10-01"));
  assert.is(after, block("kernelopts=root=PARTUUID=6d6f6e10-01 ro \n"));
  assert.is(refitGrubEnvironment("root=/dev/sda1###", "root=UUID=1###"), "root=UUID=1###", "another text");
  assert.equal(parseGrubEnvironment(after), { kernelopts: "root=PARTUUID=6d6f6e10-01 ro " });
});

test.run();
