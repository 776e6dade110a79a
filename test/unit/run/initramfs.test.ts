import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { xz } from "@napi-rs/lzma";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concatBytes, encodeText } from "../../../src/base/bytes.ts";
import { encodeCpio } from "../../../src/formats/archive/cpio.ts";
import { CpioNames } from "../../../src/formats/archive/cpio-names.ts";
import type { Host } from "../../../src/host/host.ts";
import type { Layout } from "../../../src/layout/types.ts";
import { checkInitramfs, initramfsNames } from "../../../src/run/initramfs.ts";

const directory = (path: string) => ({ path, kind: "directory", mode: 0o755 }) as const;
const file = (path: string, content = "x") =>
  ({ path, kind: "file", mode: 0o644, content: encodeText(content) }) as const;
const main = encodeCpio([directory("usr"), file("usr/virtio_scsi.ko", "abc".repeat(200)), file("usr/sd_mod.ko.xz")]);
const names = ["usr", "usr/virtio_scsi.ko", "usr/sd_mod.ko.xz"];
const microcode = concatBytes([encodeCpio([directory("kernel"), file("kernel/x86")]), new Uint8Array(512)]);
/** `main` by `lz4 -l -9`. */
const lz4 = Buffer.from(
  "AiFMGKEAAAByMDcwNzAxMAEAAQgAXzQxZWQwAQADLzIwAQAjFDQJAGl1c3IAAAB0AAFUAE84MWE0PAAEGjGCAC81OHMAEycxM3QA/wcvdmlydGlvX3Njc2ku" +
    "a28AAAAAYWJjAwD//0QJ3AIfM9wCGg4QAA/cAgUYMdwC/ABzZF9tb2Qua28ueHoAAHhgAw9NAA4P1AMkFGIJAOBUUkFJTEVSISEhAAAAAA==",
  "base64",
);
const compressed: Readonly<Record<string, Uint8Array>> = {
  nothing: main,
  gzip: gzipSync(main),
  zstd: Bun.zstdCompressSync(main),
  xz: xz.compressSync(main),
  lz4,
};

for (const [kind, bytes] of Object.entries(compressed)) {
  test(`initramfsNames() reads what is compressed by ${kind}, behind microcode or alone`, async () => {
    assert.equal(await initramfsNames(bytes), { names });
    const both = concatBytes([microcode, bytes]);
    assert.equal(await initramfsNames(both), { names: ["kernel", "kernel/x86", ...names] });
  });
}

test("initramfsNames() says what it can't read, and fails for what is cut off", async () => {
  assert.equal(await initramfsNames(encodeText("BZh91AY&SY")), { unknown: "it is compressed with bzip2" });
  assert.equal(await initramfsNames(encodeText("no initramfs at all")), { unknown: "it is not an archive" });
  for (const kind of ["zstd", "gzip", "lz4"]) {
    const bytes = compressed[kind] ?? new Uint8Array();
    try {
      await initramfsNames(bytes.subarray(0, bytes.byteLength - 20));
      assert.unreachable(`${kind} that is cut off was read`);
    } catch (error) {
      assert.match(String(error), /does not decompress|lz4: |without its trailer/, kind);
    }
  }
});

test("CpioNames finds the same names, however the bytes come", () => {
  const all = concatBytes([microcode, main, encodeText("(compressed)")]);
  for (const size of [1, 3, 109, 110, 111, 512, all.byteLength]) {
    const reader = new CpioNames();
    for (let at = 0; at < all.byteLength; at += size) reader.feed(all.subarray(at, at + size));
    reader.finish();
    assert.equal(reader.names, ["kernel", "kernel/x86", ...names], `pieces of ${size}`);
    assert.is(reader.rest, microcode.byteLength + main.byteLength, `pieces of ${size}`);
  }
});

const layout: Layout = {
  version: 1,
  nodes: [
    {
      kind: "loader",
      id: "loader:systemd-boot",
      type: "systemd-boot",
      on: [],
      details: { copies: [{ from: "/boot/initrd.img-6.1", to: "/efi/6.1/initrd" }] },
    },
  ],
};

function hostWith(images: Readonly<Record<string, Uint8Array>>): Host {
  const dep =
    "kernel/drivers/scsi/virtio_scsi.ko: kernel/drivers/virtio/virtio.ko\nkernel/drivers/ata/ahci.ko:\nkernel/sd-mod.ko.xz:\n";
  const known: Partial<Host> = {
    list: (path) => (path === "/r/lib/modules" ? ["6.1"] : []),
    exists: (path) => images[path.slice(2)] !== undefined,
    read: (path) => images[path.slice(2)] ?? new Uint8Array(),
    tryReadText: (path) => (path === "/r/lib/modules/6.1/modules.dep" ? dep : undefined),
  };
  return known as Host;
}

test("checkInitramfs() says which drivers an initramfs holds; what is part of the kernel isn't looked for", async () => {
  const host = hostWith({ "/boot/initrd.img-6.1": gzipSync(main) });
  assert.equal(await checkInitramfs(host, layout, "/r", ["pcieport", "sd_mod", "virtio_scsi"]), {
    defects: [],
    notes: ["/boot/initrd.img-6.1 holds sd_mod, virtio_scsi"],
  });
  assert.equal(await checkInitramfs(host, layout, "/r", []), { defects: [], notes: [] });
});

test("checkInitramfs() names the driver that is missing, in the boot loader's copy, too", async () => {
  const host = hostWith({ "/boot/initrd.img-6.1": lz4, "/efi/6.1/initrd": encodeText("nothing") });
  assert.equal(await checkInitramfs(host, layout, "/r", ["ahci"]), {
    defects: ["/boot/initrd.img-6.1 lacks ahci, without which the root file system can't be mounted"],
    notes: ["/efi/6.1/initrd was not checked: it is not an archive"],
  });
});

test("checkInitramfs() names the programs that are missing for what lies between the root and its disks", async () => {
  const machine = join(import.meta.dirname, "../../machines/bios-md-lvm/layout.json");
  const mirrored = JSON.parse(readFileSync(machine, "utf8")) as Layout;
  const check = (names: readonly string[]) => {
    const images = { "/boot/initrd-6.1": gzipSync(encodeCpio(names.map((name) => file(name)))) };
    return checkInitramfs(hostWith(images), mirrored, "/r", ["ahci"]);
  };
  const found = await check(["usr/ahci.ko", "usr/sbin/mdadm", "usr/share/lvm/readme"]);
  assert.equal(found.defects, ["/boot/initrd-6.1 lacks lvm, without which the root file system can't be mounted"]);
  const whole = await check(["usr/ahci.ko", "sbin/mdadm", "usr/bin/lvm"]);
  assert.equal(whole, { defects: [], notes: ["/boot/initrd-6.1 holds ahci, lvm, mdadm"] });
});

test.run();
