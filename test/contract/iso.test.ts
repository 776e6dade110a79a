import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { BOOT_LIST_NAME } from "../../src/archive/set/boot-digests.ts";
import { bootFilesOf, bootPartOf, mountedBootPart } from "../../src/archive/set/boot-part.ts";
import type { OpenSet } from "../../src/archive/set/open-set.ts";
import { verifyBoot } from "../../src/archive/verify/verify-boot.ts";
import { GrowingImage, headOf } from "../../src/backup/destination/growing-image.ts";
import type { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import type { MediumContent } from "../../src/drivers/media/medium.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { buildIso } from "../../src/image/build-iso.ts";

const host = linuxHost();
const scratch = mkdtempSync(join(tmpdir(), "mondo-iso-"));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

function content(directory: string, initrdBytes = 6): MediumContent {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(scratch, "a=b vmlinuz"), "kernel");
  writeFileSync(join(scratch, "initrd.img"), new Uint8Array(initrdBytes).fill(7));
  return {
    output: join(directory, "out.iso"),
    scratch: join(scratch, "boot files"),
    kernel: join(scratch, "a=b vmlinuz"),
    initrd: join(scratch, "initrd.img"),
    menu: { title: "test", set: "0b1c2d3e-1111-4222-8333-444455556666", restoreByDefault: false },
    volumeId: "MONDO_0B1C2D3E_1",
  };
}

/** Text of some bytes of the image. */
const textAt = (image: Uint8Array, at: number, length: number) =>
  Buffer.from(image.subarray(at, at + length)).toString("latin1");

test("buildIso() makes an image that starts by BIOS, by UEFI and from a stick, and leaves nothing else", async () => {
  const wish = content(join(scratch, "good"));
  await buildIso(host, wish, silentReporter);
  assert.equal(readdirSync(join(scratch, "good")), ["out.iso"]);
  assert.not.ok(existsSync(wish.scratch));
  const image = readFileSync(wish.output);
  assert.is(textAt(image, 16 * 2048 + 1, 5), "CD001");
  assert.is(textAt(image, 16 * 2048 + 40, 32).trim(), "MONDO_0B1C2D3E_1");
  assert.is(textAt(image, 17 * 2048 + 7, 23), "EL TORITO SPECIFICATION");
  const catalog = image.readUInt32LE(17 * 2048 + 71) * 2048;
  assert.is(image[catalog + 1], 0, "the first entry is for BIOS");
  assert.is(image[catalog + 32], 0x88, "and can be started");
  assert.is(image[catalog + 64 + 1], 0xef, "the second is for UEFI");
  assert.is(image.readUInt16LE(510), 0xaa55);
  assert.is(textAt(image, 512, 8), "EFI PART");
});

test("buildIso() has an empty /mondo, kernel and initrd whatever they were called, and the set's id where GRUB looks", async () => {
  const wish = content(join(scratch, "tree"));
  await buildIso(host, wish, silentReporter);
  const { stdout } = await host.run({
    argv: ["xorriso", "-indev", wish.output, "-find", "/", "-exec", "echo"],
    accept: "any",
  });
  for (const path of ["/mondo", "/boot/vmlinuz", "/boot/initrd.img"]) {
    assert.ok(stdout.includes(`'${path}'`), path);
  }
  assert.ok(stdout.includes("/boot/0b1c2d3e-1111-4222-8333-444455556666.id"));
  assert.not.match(stdout, /'\/mondo\/./);
});

/** What a check of what boots on an image finds. */
async function bootDefects(iso: string): Promise<readonly string[]> {
  const media = [{ number: 1, place: iso }];
  const set = { media, directory: "/nowhere", manifest: { boot: BOOT_LIST_NAME } } as unknown as OpenSet;
  const part = bootPartOf(host, set);
  return (await verifyBoot(host, part, "covered")).defects.map((text) => text.replaceAll(`${iso}:/`, ""));
}

test("an image that has grown covers each byte that boots: kernel, initrd, loaders, menus, first sectors", async () => {
  const wish = content(join(scratch, "sealed"));
  await buildIso(host, wish, silentReporter);
  await new GrowingImage(host, wish.output, true).complete([headOf("manifest.json", "{}\n")], {
    signer: { set: "11111111-2222-4333-8444-555555555555" },
  });
  assert.equal(await bootDefects(wish.output), []);

  // As it would be mounted: this kernel may have no ISO 9660.
  const mounted = join(scratch, "mounted");
  await host.run({ argv: ["xorriso", "-osirrox", "on", "-indev", wish.output, "-extract", "/", mounted] });
  const { stdout } = await host.run({ argv: ["sh", "-c", `cd ${mounted} && sha256sum -c --strict mondo/boot.sha256`] });
  for (const name of ["boot/vmlinuz", "boot/initrd.img", "boot/grub/grub.cfg"]) {
    assert.match(stdout, new RegExp(`^${name}: OK$`, "m"));
  }
  assert.equal(await verifyBoot(host, mountedBootPart(host, `${mounted}/mondo`), "covered"), { defects: [] });

  for (const [name, { offset, sizeBytes }] of [...bootFilesOf(host, wish.output)]) {
    for (const at of [0, sizeBytes - 1]) {
      const byte = host.readAt(wish.output, offset + at, 1);
      host.writeAt(wish.output, offset + at, new Uint8Array([(byte[0] ?? 0) ^ 4]));
      const [defect, ...others] = await bootDefects(wish.output);
      assert.match(defect ?? "nothing", new RegExp(`^${name} does not have the checksum`));
      assert.equal(others, []);
      host.writeAt(wish.output, offset + at, byte);
    }
  }
  host.writeAt(wish.output, 300, new Uint8Array([0x55]));
  assert.match((await bootDefects(wish.output)).join(), /^the start of .* does not have the checksum[^,]*$/);
});

test("buildIso() without room says so and leaves nothing", async () => {
  const small = join(scratch, "small");
  const wish = content(small, 20_000_000);
  host.mount({ source: "tmpfs", target: small, type: "tmpfs", data: "size=16m" });
  try {
    const error = await buildIso(host, wish, silentReporter).then(
      () => undefined,
      (thrown: MondoError) => thrown,
    );
    assert.is(error?.code, "no-space");
    assert.equal(readdirSync(small), []);
  } finally {
    host.unmount(small);
  }
});

test("buildIso() that is aborted leaves nothing", async () => {
  const directory = join(scratch, "abort");
  const wish = content(directory, 200_000_000);
  const abort = new AbortController();
  const work = buildIso(host, wish, silentReporter, abort.signal);
  const timer = setInterval(() => {
    if (existsSync(wish.output)) abort.abort(new Error("stop"));
  }, 1);
  const error = await work.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  clearInterval(timer);
  assert.is(error?.message, "stop");
  assert.equal(readdirSync(directory), []);
});

test("buildIso() on a system without xorriso names it and its package", async () => {
  const poor = { ...host, which: (tool: string) => (tool === "xorriso" ? undefined : host.which(tool)) };
  const error = await buildIso(poor, content(join(scratch, "poor")), silentReporter).then(
    () => undefined,
    (thrown: MondoError) => thrown,
  );
  assert.is(error?.code, "tool-missing");
  assert.match(error?.hint ?? "", /apt-get install xorriso/);
});

test.run();
