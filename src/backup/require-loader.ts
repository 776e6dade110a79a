/** The boot loader that a machine has, and the one that `-l` and `-f` say it has. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { disksOf } from "../layout/graph.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import type { BackupRequest } from "./request.ts";

/** A boot loader as people call it. */
export interface FoundLoader {
  /** GRUB, systemd-boot …; `unknown`: boot code that comes back byte for byte; `none`. */
  readonly name: string;
  /** Paths of the disks that it is on. */
  readonly disks: readonly string[];
}

/** By type of driver: its name, and first letters of what Mondo called it. */
const called: Readonly<Record<string, readonly [name: string, letters: string]>> = {
  "grub-bios": ["GRUB", "G"],
  "grub-uefi": ["GRUB", "G"],
  "systemd-boot": ["systemd-boot", ""],
  extlinux: ["extlinux", ""],
  "boot-code": ["unknown", "LR"],
  efi: [msg`a program that UEFI starts`, "E"],
};

/** Every boot loader of a machine. */
export function foundLoaders(layout: Layout): readonly FoundLoader[] {
  return nodesOf(layout, "loader").map(({ type, on }) => {
    const disks = on.flatMap((id) => disksOf(layout, id).map(({ path }) => path));
    return { name: called[type]?.[0] ?? type, disks: [...new Set(disks)].sort() };
  });
}

const shown = (layout: Layout) =>
  foundLoaders(layout)
    .map(({ name, disks }) => [name, ...(disks.length > 0 ? [msg`on ${disks.join(", ")}`] : [])].join(" "))
    .join("; ") || msg`no boot loader`;

/** Throws `usage` where the machine starts otherwise than the request says. */
export function requireLoader(host: Pick<Host, "realPath">, layout: Layout, { loader = {} }: BackupRequest): void {
  const { name, device } = loader;
  const hint = msg`Leave it out: the boot loader is found, saved and installed again by itself.`;
  const types = nodesOf(layout, "loader").map(({ type }) => type);
  const letter = name?.slice(0, 1).toUpperCase();
  if (letter !== undefined && !types.some((type) => called[type]?.[1].includes(letter)))
    throw new MondoError("usage", msg`-l ${name} is not what starts this machine, which has ${shown(layout)}`, {
      hint,
    });
  if (device === undefined) return;
  const real = host.realPath(device) ?? device;
  if (foundLoaders(layout).some(({ disks }) => disks.includes(real))) return;
  throw new MondoError("usage", msg`-f ${device} is not where the boot loader is: this machine has ${shown(layout)}`, {
    hint,
  });
}
