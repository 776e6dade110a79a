import iso9660 from "../../kernel-config/iso9660.config" with { type: "text" };
import loop from "../../kernel-config/loop.config" with { type: "text" };
import required from "../../kernel-config/required.config" with { type: "text" };
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { embeddedConfigOf, kernelPayloadOf } from "../formats/kernel-image.ts";
import { decompress } from "../host/decompress.ts";
import type { Host } from "../host/host.ts";
import type { Kernel } from "./kernel.ts";
import type { ModuleIndex } from "./modules.ts";

const FRAGMENTS = { required, iso9660, loop };

/** Set options of a kernel configuration: name without CONFIG_ → `y`, `m` or a value. */
export function parseKernelConfig(text: string): Map<string, string> {
  const found = text.matchAll(/^CONFIG_(\w+)=(.*)$/gm);
  return new Map([...found].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

/** Compression of a kernel's payload by its first bytes. */
function payloadKind(payload: Uint8Array): "gz" | "xz" | "zst" | undefined {
  if (payload[0] === 0x1f && payload[1] === 0x8b) return "gz";
  if (payload[0] === 0xfd && payload[1] === 0x37) return "xz";
  return payload[0] === 0x28 && payload[1] === 0xb5 ? "zst" : undefined;
}

/** Configuration that a kernel built with IKCONFIG carries inside. */
async function embeddedConfig(host: Host, kernel: Kernel): Promise<string | undefined> {
  const payload = kernelPayloadOf(host.read(kernel.path));
  const kind = payload === undefined ? undefined : payloadKind(payload);
  if (payload === undefined || kind === undefined) return undefined;
  try {
    const config = embeddedConfigOf(await decompress(kind, payload.subarray(0, payload.byteLength - 4), kernel.path));
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

/** Module that stands for an option which may be `=m`; it must really be there. */
const MODULE_OF: Readonly<Record<string, string>> = {
  BLK_DEV_LOOP: "loop",
  BLK_DEV_SD: "sd_mod",
  BLK_DEV_SR: "sr_mod",
  CDROM: "cdrom",
  ISO9660_FS: "isofs",
  SCSI: "scsi_mod",
  UNIX: "unix",
};

/** Options of the fragments that a kernel lacks, as `CONFIG_X=y`; a module counts when its file is in the index. */
export function missingOptions(config: ReadonlyMap<string, string>, fragments: string, index: ModuleIndex): string[] {
  const isThere = (name: string, wanted: string): boolean => {
    const value = config.get(name);
    if (value === "y") return true;
    const module = MODULE_OF[name];
    return wanted === "m" && value === "m" && (module === undefined || index.modules.has(module));
  };
  return [...parseKernelConfig(fragments)]
    .filter(([name, wanted]) => !isThere(name, wanted))
    .map(([name, wanted]) => `CONFIG_${name}=${wanted}`);
}

/**
 * Compares the kernel's configuration with kernel-config/. Throws `kernel-option` for what is missing. A kernel whose
 * configuration is nowhere to be read passes: `undefined` is returned then, the options' names otherwise.
 */
export async function checkKernelOptions(host: Host, kernel: Kernel, index: ModuleIndex): Promise<number | undefined> {
  const text = await configOf(host, kernel);
  if (text === undefined) return undefined;
  const config = parseKernelConfig(text);
  const missing = missingOptions(config, Object.values(FRAGMENTS).join("\n"), index);
  if (missing.length === 0) return config.size;
  throw new MondoError(
    "kernel-option",
    `the kernel ${kernel.version} can't run the rescue: it lacks ${missing.join(", ")}`,
    {
      hint: "Choose another kernel with -k FILE, or -k FAILSAFE.",
      data: { kernel: kernel.path, missing },
    },
  );
}
