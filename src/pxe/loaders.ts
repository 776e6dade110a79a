import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { GRUB_HOMES } from "../drivers/loader/grub-homes.ts";
import type { Host } from "../host/host.ts";
import { firstWith, MKIMAGE_TOOLS, SYSLINUX_MODULES } from "../image/boot-files.ts";
import { NETWORK_GRUB_EARLY } from "./grub-config.ts";

const PXELINUX = ["/usr/lib/PXELINUX", "/usr/share/syslinux", "/usr/lib/syslinux/bios"];
/** Debian and Ubuntu sign an image for network boot; it looks for /grub/grub.cfg on the server it came from. */
const SIGNED = {
  shim: ["/usr/lib/shim/shimx64.efi.signed", "/usr/lib/shim/shimx64.efi.signed.latest"],
  grub: "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed",
} as const;
const GRUB_MODULES = [
  "efinet",
  "net",
  "tftp",
  "http",
  "normal",
  "configfile",
  "linux",
  "echo",
  "test",
  "ls",
  "minicmd",
];
const GRUB_MORE = ["reboot", "halt", "serial", "terminal", "gzio", "all_video", "efi_gop", "efi_uga"];

/** Boot programs of this machine, by their names in the tree: files to copy, and whether a GRUB image can be made. */
export interface PxeLoaders {
  readonly copies: ReadonlyMap<string, string>;
  readonly bios: boolean;
  readonly signed: boolean;
  /** Tool and platform directory that make `grub-http.efi` (and `bootx64.efi` where nothing is signed). */
  readonly own: { readonly tool: string; readonly modules: string } | undefined;
}

/** The boot programs that this machine has. Changes nothing. Throws `tool-missing` when there are none. */
export function findLoaders(host: Host): PxeLoaders {
  const copies = new Map<string, string>();
  const pxelinux = firstWith(host, PXELINUX, "pxelinux.0");
  const library = firstWith(host, SYSLINUX_MODULES, "ldlinux.c32");
  const bios = pxelinux !== undefined && library !== undefined;
  if (bios) {
    copies.set("pxelinux.0", `${pxelinux}/pxelinux.0`);
    copies.set("ldlinux.c32", `${library}/ldlinux.c32`);
    if (host.exists(`${pxelinux}/lpxelinux.0`)) copies.set("lpxelinux.0", `${pxelinux}/lpxelinux.0`);
  }
  const shim = SIGNED.shim.find((path) => host.exists(path));
  const signed = shim !== undefined && host.exists(SIGNED.grub);
  if (signed) {
    copies.set("bootx64.efi", shim);
    copies.set("grubx64.efi", SIGNED.grub);
    const manager = shim.replace("shimx64", "mmx64");
    if (host.exists(manager)) copies.set("mmx64.efi", manager);
  }
  const tool = MKIMAGE_TOOLS.find((name) => host.which(name) !== undefined);
  const home = firstWith(host, GRUB_HOMES, "x86_64-efi/efinet.mod");
  const own = tool !== undefined && home !== undefined ? { tool, modules: `${home}/x86_64-efi` } : undefined;
  if (!bios && !signed && !own) {
    throw new MondoError("tool-missing", msg`this machine has no boot loader for network boot`, {
      hint: msg`Install them (Debian: apt-get install pxelinux syslinux-common grub-efi-amd64-bin grub-efi-amd64-signed shim-signed).`,
    });
  }
  return { copies, bios, signed, own };
}

/** Makes a GRUB image that finds its grub.cfg where it came from, by TFTP or HTTP. */
export async function makeNetworkGrub(host: Host, own: NonNullable<PxeLoaders["own"]>, output: string): Promise<void> {
  const early = `${output}.early`;
  host.write(early, NETWORK_GRUB_EARLY);
  try {
    const argv = [own.tool, "-O", "x86_64-efi", "-d", own.modules, "-p", "/grub", "-c", early, "-o", output];
    await host.run({ argv: [...argv, ...GRUB_MODULES, ...GRUB_MORE], timeoutMs: 60_000 });
  } finally {
    host.remove(early);
  }
}
