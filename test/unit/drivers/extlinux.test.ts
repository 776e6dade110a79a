import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeText } from "../../../src/base/bytes.ts";
import type { LoaderContext } from "../../../src/drivers/contracts.ts";
import { extlinuxDriver } from "../../../src/drivers/loader/extlinux.ts";
import { devicesIn, showEffect } from "../../../src/effects/effect-rows.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import type { Facts, SavedRead } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { fakeHost } from "../../support/fake-host.ts";

const grub = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-gpt-ext4/facts.json"), "utf8"),
) as Facts;

const ROOT = "6d6f6e64-6f00-4000-8000-000000000105";
const menu = `DEFAULT linux
LABEL linux
  KERNEL ../vmlinuz-6.1
  INITRD /initrd.img-6.1
  APPEND root=UUID=${ROOT} ro
`;
const code = encodeText("boots the active partition: Missing OS").slice(0, 60);

/** The first sector of the disk with other code before its table. */
function withCode(read: SavedRead, bytes: Uint8Array): SavedRead {
  if (read.offset !== 0) return read;
  const sector = new Uint8Array(read.length);
  sector.set(Buffer.from(read.base64, "base64"));
  sector.fill(0, 0, 440);
  sector.set(bytes);
  return { ...read, base64: Buffer.from(sector).toString("base64") };
}

/** The recorded machine, with extlinux in /boot instead of GRUB. */
function factsWith(bytes: Uint8Array = code): Facts {
  const devices = grub.devices.map((device) => {
    return device.name === "vda" ? { ...device, reads: device.reads.map((read) => withCode(read, bytes)) } : device;
  });
  const files = grub.files.filter((path) => !path.startsWith("/boot/grub"));
  return {
    ...grub,
    devices,
    files: [...files, "/boot/extlinux/ldlinux.sys", "/boot/extlinux/extlinux.conf"],
    texts: { "/boot/extlinux/extlinux.conf": menu },
  };
}

function contextOf(facts: Facts): LoaderContext {
  const layout = layoutFrom(facts);
  const [loader] = nodesOf(layout, "loader");
  if (!loader) throw new Error("no loader");
  const targets = { "disk:vda": "/dev/sda", "part:vda2": "/dev/sda2" };
  return { layout, loader, targets, root: "/mnt/restore", firmware: "bios", names: {} };
}

test("detect() knows extlinux by its files, keeps the boot code without the table, and yields to GRUB", () => {
  const { loader } = contextOf(factsWith());
  assert.is(loader.type, "extlinux");
  assert.equal(loader.on, ["disk:vda"]);
  const kept = Buffer.from((loader.details.bootCode as Record<string, string>)["disk:vda"] ?? "", "base64");
  assert.is(kept.byteLength, 440);
  assert.is(kept.subarray(0, code.byteLength).equals(Buffer.from(code)), true);
  const left = { ...grub, files: [...grub.files, "/boot/extlinux/ldlinux.sys"], texts: factsWith().texts };
  assert.equal(
    nodesOf(layoutFrom(left), "loader").map(({ type }) => type),
    ["grub-bios"],
  );
});

test("plan() installs extlinux and writes the boot code of each disk that had some", () => {
  const shown = (facts: Facts) => extlinuxDriver.plan(contextOf(facts)).flatMap((a) => a.effects.map(showEffect));
  assert.equal(shown(factsWith()), [
    "extlinux --install /mnt/restore/boot/extlinux",
    "write 440 bytes at 0 of /dev/sda",
  ]);
  assert.equal(shown(factsWith(new Uint8Array())), ["extlinux --install /mnt/restore/boot/extlinux"]);
  const [install] = extlinuxDriver.plan(contextOf(factsWith()))[0]?.effects ?? [];
  assert.equal(install && devicesIn(install), ["/dev/sda2"], "it writes a boot sector, which no word of it names");
  assert.is(extlinuxDriver.warnings({ ...contextOf(factsWith()), firmware: "uefi" }).length, 1);
});

const restored = {
  "/mnt/restore/boot/extlinux/ldlinux.sys": "x",
  "/mnt/restore/boot/extlinux/extlinux.conf": menu,
  "/mnt/restore/boot/vmlinuz-6.1": "x",
  "/mnt/restore/boot/initrd.img-6.1": "x",
  "/dev/sda": `${new TextDecoder().decode(code)}${"\0".repeat(440)}`,
  "/dev/sda2": `\xeb\0\0EXTLINUX`.replace("\xeb", "x"),
};

async function defectsOf(change: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const files = Object.entries({ ...restored, ...change }).flatMap(([path, text]) =>
    text === undefined ? [] : [[path, text] as const],
  );
  return extlinuxDriver.verify(fakeHost({ files: Object.fromEntries(files) }), contextOf(factsWith()));
}

test("verify() follows relative and absolute paths of the menu, and looks at both boot sectors", async () => {
  assert.equal(await defectsOf({}), []);
  assert.equal(
    await defectsOf({
      "/mnt/restore/boot/vmlinuz-6.1": undefined,
      "/mnt/restore/boot/initrd.img-6.1": undefined,
      "/mnt/restore/boot/extlinux/ldlinux.sys": undefined,
      "/dev/sda": "\0".repeat(512),
      "/dev/sda2": "\0".repeat(512),
    }),
    [
      "the first sector of /dev/sda doesn't hold the boot code that it had",
      "the boot sector of /dev/sda2 holds no extlinux",
      "/boot/extlinux/ldlinux.sys is missing",
      "/boot/extlinux/extlinux.conf names /vmlinuz-6.1, which isn't on the restored disks",
      "/boot/extlinux/extlinux.conf names /initrd.img-6.1, which isn't on the restored disks",
    ],
  );
  const elsewhere = menu.replace(ROOT, `${ROOT}0`);
  assert.match(
    (await defectsOf({ "/mnt/restore/boot/extlinux/extlinux.conf": elsewhere }))[0] ?? "",
    /names root=UUID=/,
  );
});

test.run();
