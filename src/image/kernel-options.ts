import disks from "../../kernel-config/disks.config" with { type: "text" };
import dmCrypt from "../../kernel-config/dm-crypt.config" with { type: "text" };
import efi from "../../kernel-config/efi.config" with { type: "text" };
import filesystems from "../../kernel-config/filesystems.config" with { type: "text" };
import iso9660 from "../../kernel-config/iso9660.config" with { type: "text" };
import loop from "../../kernel-config/loop.config" with { type: "text" };
import lvm from "../../kernel-config/lvm.config" with { type: "text" };
import md from "../../kernel-config/md.config" with { type: "text" };
import nfs from "../../kernel-config/nfs.config" with { type: "text" };
import required from "../../kernel-config/required.config" with { type: "text" };
import usb from "../../kernel-config/usb.config" with { type: "text" };
import virtio from "../../kernel-config/virtio.config" with { type: "text" };
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { embeddedConfigOf } from "../formats/boot/kernel-image.ts";
import { decompress } from "../host/decompress.ts";
import type { Host } from "../host/host.ts";
import type { Kernel } from "./kernel.ts";
import { kernelProper } from "./kernel-file.ts";
import type { ModuleIndex } from "./modules.ts";

/** Without these no rescue starts. */
const REQUIRED = [required, iso9660, loop].join("\n");
/** Optional features: without one, machines that use it can't be restored. */
const FEATURES: Readonly<Record<string, string>> = {
  disks,
  "dm-crypt": dmCrypt,
  efi,
  filesystems,
  lvm,
  md,
  nfs,
  usb,
  virtio,
};

/** Set options of a kernel configuration: name without CONFIG_ → `y`, `m` or a value. */
export function parseKernelConfig(text: string): Map<string, string> {
  const found = text.matchAll(/^CONFIG_(\w+)=(.*)$/gm);
  return new Map([...found].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

/** Configuration that a kernel built with IKCONFIG carries inside. */
async function embeddedConfig(host: Host, kernel: Kernel): Promise<string | undefined> {
  try {
    const proper = await kernelProper(host, kernel.path);
    const config = proper && embeddedConfigOf(proper);
    return config === undefined ? undefined : decodeText(await decompress("gz", config, kernel.path));
  } catch {
    return undefined; // A payload that we can't open says nothing about the kernel's options.
  }
}

async function configOf(host: Host, kernel: Kernel): Promise<string | undefined> {
  const directory = kernel.path.slice(0, kernel.path.lastIndexOf("/"));
  for (const path of [
    `${directory}/config-${kernel.version}`,
    `${kernel.modules}/config`,
    `${kernel.modules}/build/.config`,
  ]) {
    const text = host.tryReadText(path);
    if (text !== undefined) return text;
  }
  return await embeddedConfig(host, kernel);
}

/** Options of a fragment that a kernel lacks, as `CONFIG_X=y`; one that is a module counts when its file is there. */
export function missingOptions(config: ReadonlyMap<string, string>, fragment: string, index: ModuleIndex): string[] {
  const wishes = [...fragment.matchAll(/^CONFIG_(\w+)=([ym])(?: # (\w+))?$/gm)];
  const lacking = wishes.filter(([, name = "", wanted, module = ""]) => {
    const value = config.get(name);
    return value !== "y" && !(wanted === "m" && value === "m" && index.modules.has(module));
  });
  return lacking.map(([, name, wanted]) => `CONFIG_${name}=${wanted}`);
}

/**
 * Compares the kernel's configuration with kernel-config/. Throws `kernel-option` for a missing option that every
 * rescue needs; reports other missing features. A kernel whose configuration can't be found passes.
 */
export async function checkKernelOptions(
  host: Host,
  kernel: Kernel,
  index: ModuleIndex,
  reporter: Reporter,
): Promise<void> {
  const text = await configOf(host, kernel);
  if (text === undefined) {
    reporter.log(`the configuration of the kernel ${kernel.version} was not found; its options were not checked`);
    return;
  }
  const config = parseKernelConfig(text);
  const missing = missingOptions(config, REQUIRED, index);
  if (missing.length > 0) {
    throw new MondoError(
      "kernel-option",
      msg`the kernel ${kernel.version} can't run the rescue: it lacks ${missing.join(", ")}`,
      {
        hint: msg`Choose another kernel with -k FILE, or -k FAILSAFE.`,
        data: { kernel: kernel.path, missing },
      },
    );
  }
  for (const [feature, fragment] of Object.entries(FEATURES)) {
    const lacking = missingOptions(config, fragment, index);
    if (lacking.length > 0) reporter.info(msg`The kernel ${kernel.version} lacks ${lacking.join(", ")} (${feature}).`);
  }
}
