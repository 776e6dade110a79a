import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { baseSystem, usualSystem } from "../support/base-system.ts";
import { buildGuestDisks, guestDiskFile, guestRecipe } from "../support/guest-disk.ts";
import { bash } from "../support/shell.ts";
import type { GuestMachine } from "../vm/guest-machine.ts";
import { withScratch } from "./scratch.ts";
import { copyUsr } from "./trees.ts";

const ROOT_UUID = "6d6f6e64-6f00-4000-8000-0000000000a5";
export const RTO_SERIAL = "RTO-1";
export const RTO_DISK_MIB = 6144;

/** A plain server: BIOS, GPT, one ext4. */
export const rtoMachine: GuestMachine = {
  name: "rto",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: RTO_DISK_MIB,
      serial: RTO_SERIAL,
      table: `label: gpt
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios"
2: start=4096, size=12576768, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-m", "2", "-L", "rtoroot", "-U", ROOT_UUID],
      source: `UUID=${ROOT_UUID}`,
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
  ],
};

/** What the compared programs ask for. */
const more = [
  "rear",
  "partclone",
  "gawk",
  "syslinux",
  "isolinux",
  "genisoimage",
  "file",
  "less",
  "bc",
  "cpio",
  "openssh-client",
  "nfs-common",
];

/** The base system with files of this machine's /usr below /srv/payload. */
async function withPayload(base: string, cache: string, usrMB: number): Promise<string> {
  const tar = join(cache, `rto-${usrMB}-${basename(base)}`);
  if (existsSync(tar)) return tar;
  await withScratch(async (directory) => {
    const payload = join(directory, "srv/payload");
    mkdirSync(payload, { recursive: true });
    await copyUsr(payload, usrMB);
    await bash(`cp ${base} ${tar}.partial && tar -C ${directory} --numeric-owner -rf ${tar}.partial ./srv/payload`, {
      timeoutMs: 1_800_000,
    });
  });
  renameSync(`${tar}.partial`, tar);
  return tar;
}

/** The disk of the machine, raw, never to be written to; made once and kept in `cache`. */
export async function rtoGuest(cache: string, usrMB: number): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const base = await withPayload(await baseSystem(cache, { ...usualSystem, more }), cache, usrMB);
  const key = createHash("sha256")
    .update(guestRecipe(rtoMachine, basename(base)))
    .digest("hex")
    .slice(0, 12);
  const directory = join(cache, `rto-guest-${key}`);
  if (!existsSync(directory)) {
    rmSync(`${directory}.partial`, { recursive: true, force: true });
    await buildGuestDisks(rtoMachine, base, `${directory}.partial`);
    renameSync(`${directory}.partial`, directory);
  }
  return join(directory, guestDiskFile(0));
}
