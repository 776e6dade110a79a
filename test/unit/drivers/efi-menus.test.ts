import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EFI_MENUS, efiMenuDefects } from "../../../src/drivers/loader/efi-menus.ts";
import { nodesOf } from "../../../src/layout/types.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { fakeHost } from "../../support/fake-host.ts";

const facts = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json"), "utf8"),
) as Facts;
const layout = layoutFrom(facts);
const root = "/mnt/restore";
const here = "6d6f6e64-6f00-4000-8000-000000000203";
const gone = "6d6f6e64-6f00-4000-8000-000000000999";
const partUuid = nodesOf(layout, "partition")[0]?.uuid ?? "";

function defectsOf(files: Readonly<Record<string, string>>): string[] {
  const below = Object.fromEntries(Object.entries(files).map(([path, text]) => [`${root}${path}`, text]));
  const targets = { "disk:nvme0n1": "/dev/nvme0n1" };
  return efiMenuDefects(fakeHost({ files: below }), { layout, targets, names: {}, root });
}

const refind = (uuid: string, volume: string) => `timeout 20
# options "root=UUID=${gone}"
menuentry "Linux" {
    volume   ${volume}
    loader   /vmlinuz
    options  "ro root=UUID=${uuid} quiet"
}
`;
const limine = (uuid: string) => `timeout: 5

/Linux
    protocol: linux
    path: uuid(${uuid}):/vmlinuz
    cmdline: root=UUID=${uuid} rw
`;

test("menus of rEFInd and Limine that name what was restored are no defect", () => {
  const files = {
    "/boot/refind_linux.conf": `"Boot with standard options"  "ro root=UUID=${here} quiet"\r\n`,
    "/boot/efi/EFI/refind/refind.conf": refind(here, partUuid),
    "/boot/limine.cfg": `:Linux\nPROTOCOL=linux\nKERNEL_PATH=boot:///vmlinuz\nCMDLINE=root=UUID=${here} ro\n`,
    "/efi/EFI/BOOT/limine.conf": limine(here),
  };
  assert.equal(defectsOf(files), []);
  assert.equal(defectsOf({}), []);
});

test("what they name in vain is a defect, once for each line that says it", () => {
  const vain = (file: string, what: string) => `${file} names ${what}, which is on none of the restored disks`;
  const [linux, menu, limineFile] = [
    ...["/boot/refind_linux.conf", "/boot/efi/EFI/refind/refind.conf", "/boot/efi/limine.conf"],
  ] as [string, string, string];
  assert.equal(defectsOf({ [linux]: `"a" "root=UUID=${gone}"\n"b" "single root=UUID=${gone}"\n` }), [
    vain(linux, `root=UUID=${gone}`),
  ]);
  assert.equal(defectsOf({ [menu]: refind(gone, `"${gone.toUpperCase()}"`) }), [
    vain(menu, gone.toUpperCase()),
    vain(menu, `root=UUID=${gone}`),
  ]);
  assert.equal(defectsOf({ [limineFile]: limine(gone) }), [
    vain(limineFile, gone),
    vain(limineFile, `root=UUID=${gone}`),
  ]);
  const old = { "/boot/limine.cfg": `CMDLINE=root=UUID=${gone} ro` };
  assert.equal(defectsOf(old), [vain("/boot/limine.cfg", `root=UUID=${gone}`)]);
});

test("names of the kernel in such a menu are told by what they were, so that a restore writes what is true", () => {
  const [disk] = facts.devices.filter(({ parent }) => parent !== undefined);
  const texts = { ...facts.texts, "/boot/refind_linux.conf": `"x" "root=${disk?.path} ro"\n` };
  const uses = nodesOf(layoutFrom({ ...facts, texts }), "device-names").flatMap((node) => node.uses);
  assert.ok(uses.some(({ file, name }) => file === "/boot/refind_linux.conf" && name === disk?.path));
  assert.ok(EFI_MENUS.includes("/boot/refind_linux.conf"));
});

test.run();
