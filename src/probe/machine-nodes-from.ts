import { parseFstab } from "../formats/fs/mount-tables.ts";
import { parseCrypttab } from "../formats/storage/crypttab.ts";
import { initramfsMakers } from "../layout/initramfs-makers.ts";
import type { Fstab, Hardware, LayoutNode } from "../layout/types.ts";
import { commandLineOf } from "./command-line.ts";
import type { DeviceFacts, Facts } from "./facts.ts";

const BLOCK_SPEC = /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=|ID=)/;

/** What decides whether an initramfs starts elsewhere. */
export function hardwareNode(facts: Facts, disks: readonly DeviceFacts[]): Hardware {
  const rebuild = initramfsMakers.find(({ paths }) => paths.some((path) => facts.files.includes(path)))?.argv;
  return {
    kind: "hardware",
    id: "hardware",
    kernel: facts.kernel,
    ...commandLineOf(facts),
    storageDrivers: [...new Set(disks.flatMap((disk) => disk.drivers))].sort(),
    ...(rebuild === undefined ? {} : { rebuild }),
  };
}

/** The lines of fstab that name block devices. */
export function fstabNode(text: string): Fstab {
  const entries = parseFstab(text)
    .filter((entry) => BLOCK_SPEC.test(entry.spec))
    .map(({ spec, path, type, options }) => ({ spec, path, type, options }));
  return { kind: "fstab", id: "fstab", entries };
}

/** The lines of crypttab, if there are any. */
export function crypttabNodes(facts: Facts): LayoutNode[] {
  const text = facts.texts["/etc/crypttab"];
  const entries = text === undefined ? [] : parseCrypttab(text);
  return entries.length === 0 ? [] : [{ kind: "crypttab", id: "crypttab", entries }];
}
