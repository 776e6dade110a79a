import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../../src/base/report.ts";
import { stickFilesystems } from "../../../src/drivers/media/stick-filesystems.ts";
import type { Host } from "../../../src/host/host.ts";
import { buildIso } from "../../../src/image/build-iso.ts";
import { writeStickBoot } from "../../../src/image/stick-boot.ts";
import { fakeHost } from "../../support/fake-host.ts";

const GRUB = { "/usr/lib/grub/x86_64-efi/normal.mod": "" };
const SIGNED = {
  "/usr/lib/shim/shimx64.efi.signed": "shim",
  "/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed": "grub",
};

/** A machine with these files and every tool: those that make an image write it. */
function machine(files: Readonly<Record<string, string>>): Host {
  const host = fakeHost({
    files,
    run: async ({ argv }) => {
      const output = argv[argv.indexOf("-o") + 1];
      if (argv.includes("-o") && output !== undefined) host.write(output, "made");
      return { code: 0, stdout: "", stderr: "" };
    },
  });
  return {
    ...host,
    ...{ which: (name) => `/usr/bin/${name}`, remove() {}, writeAt() {} },
    readAt: (_, __, length) => new Uint8Array(length),
  };
}

/** What is said about Secure Boot. */
async function told(work: (reporter: typeof silentReporter) => Promise<void>): Promise<readonly string[]> {
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  await work({ ...silentReporter, info: note, warn: note });
  return said.filter((text) => text.includes("Secure Boot"));
}

const INSTALL = "install grub-efi-amd64-signed and shim-signed for that.";

test("an ISO with a GRUB that nobody has signed is told of, with the packages that make another", async () => {
  const menu = { title: "web1", set: "11111111-2222-3333-4444-555555555555", restoreByDefault: false };
  const content = { output: "/o.iso", scratch: "/s", kernel: "/k", initrd: "/i", menu, volumeId: "MONDO" };
  const of = (files: Readonly<Record<string, string>>) =>
    told((reporter) => buildIso(machine({ "/k": "", "/i": "", ...files }), content, reporter));
  assert.equal(await of(GRUB), [`With Secure Boot the ISO will not start: ${INSTALL}`]);
  assert.equal(await of({ ...GRUB, ...SIGNED }), []);
});

test("so is a stick, where its file system is one that signed GRUBs read", async () => {
  const of = (type: "ext4" | "exfat", files: Readonly<Record<string, string>>) => {
    const filesystem = stickFilesystems.find((one) => one.type === type);
    if (filesystem === undefined) throw new Error(`no ${type}`);
    const places = { disk: "/dev/sdb", coreAt: 1 << 20, sectorBytes: 512, esp: "/dev/sdb2", scratch: "/s" };
    const wish = { ...places, filesystem, uuid: "6d6f6e64-6f00-4000-8000-000000000105" };
    return told((reporter) => writeStickBoot(machine(files), wish, reporter));
  };
  assert.equal(await of("ext4", GRUB), [`With Secure Boot the stick will not start: ${INSTALL}`]);
  assert.equal(await of("ext4", { ...GRUB, ...SIGNED }), []);
  const unread = ["With Secure Boot the stick will not start: no signed GRUB reads exfat."];
  assert.equal(await of("exfat", { ...GRUB, ...SIGNED }), unread);
});

test.run();
