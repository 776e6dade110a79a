import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { GuestMachine } from "../vm/guest-machine.ts";
import { architectureOf } from "./base-system.ts";

const guestFiles = join(import.meta.dirname, "../vm/guest");
/** Fills a directory with what backups get wrong. */
export const odditiesScript = join(guestFiles, "oddities.sh");

function fstab(machine: GuestMachine): string {
  const lines = machine.filesystems.map(({ mountPoint, source, fsType, options }) => {
    const pass = mountPoint === "/" ? 1 : mountPoint === "none" || /^(xfs|btrfs)$/.test(fsType) ? 0 : 2;
    return `${source} ${mountPoint} ${fsType} ${options ?? "defaults"} 0 ${pass}`;
  });
  return `# made by the testbed\n${lines.join("\n")}\ntmpfs /mnt/ram tmpfs size=1m 0 0\n`;
}

const grubDefaults = (words = "", serial = "ttyS0") => `GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX="${`console=tty0 console=${serial},115200 ${words}`.trim()}"
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_DISABLE_OS_PROBER=true
`;

/** The machine's own files, by path in its root. */
function filesOf(machine: GuestMachine): Readonly<Record<string, string>> {
  return {
    "/etc/fstab": fstab(machine),
    "/etc/hostname": `${machine.name}\n`,
    "/etc/hosts": `127.0.0.1 localhost\n127.0.1.1 ${machine.name}\n`,
    "/etc/machine-id": "6d6f6e646f0000000000000000000001\n",
    "/etc/default/grub": grubDefaults(machine.kernelWords, architectureOf(machine) === "arm64" ? "ttyAMA0" : "ttyS0"),
    ...machine.files,
  };
}

function writeTree(top: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(top, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(top, dirname(path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

/** Two trees that the making of a guest copies: `root` into its root, `initramfs` into its initramfs. */
export interface GuestTrees {
  readonly root: string;
  readonly initramfs: string;
  readonly remove: () => void;
}

/** Writes the machine's own files, and the agent that answers the tests, where the making of its disks finds them. */
export function guestTrees(machine: GuestMachine): GuestTrees {
  const top = mkdtempSync(join(tmpdir(), "mondo-guest-"));
  const root = join(top, "root");
  writeTree(root, filesOf(machine));
  for (const directory of ["usr/local/sbin", "etc/systemd/system"])
    mkdirSync(join(root, directory), { recursive: true });
  copyFileSync(join(guestFiles, "agent.sh"), join(root, "usr/local/sbin/agent.sh"));
  copyFileSync(join(guestFiles, "agent.service"), join(root, "etc/systemd/system/agent.service"));
  writeTree(join(top, "initramfs"), machine.initramfs ?? {});
  return { root, initramfs: join(top, "initramfs"), remove: () => rmSync(top, { recursive: true, force: true }) };
}

/** Everything in a guest's files that doesn't come from the machine's data: for cache keys. */
export function guestFilesRecipe(): string {
  const names = ["agent.sh", "agent.service", "oddities.sh"];
  return [...names.map((name) => readFileSync(join(guestFiles, name), "utf8")), grubDefaults()].join("\0");
}
