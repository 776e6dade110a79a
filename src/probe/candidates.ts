import { msg } from "../base/message.ts";
import { parseSwaps } from "../formats/fs/mount-tables.ts";
import type { Candidate } from "../layout/candidate.ts";
import { diskNode } from "./describe-disk.ts";
import { diskContent } from "./disk-content.ts";
import { type DeviceFacts, type StorageFacts, wholeDisks } from "./facts.ts";
import { heldParts } from "./held-parts.ts";
import { foldMultipath, furtherPaths } from "./multipath.ts";
import { disksBelow, usesOf } from "./uses.ts";

const BY_PATH = "/dev/disk/by-path/";

/** An array, a logical or an encrypted volume, which can be stopped while nothing uses it. */
function isStoppable(facts: StorageFacts, name: string): boolean {
  const device = facts.devices.find((one) => one.name === name);
  return /^md/.test(name) || /^(LVM|CRYPT-LUKS\d)-/.test(device?.dmUuid ?? "");
}

/** The disk, its partitions, and every device that the kernel has made of them. */
function familyOf(facts: StorageFacts, disk: DeviceFacts): DeviceFacts[] {
  return facts.devices.filter((d) => d.sizeBytes > 0 && disksBelow(facts, d).includes(disk));
}

/** Why a disk can't be written to now: something of it is mounted, swapped to or part of a running volume. */
function busyWith(facts: StorageFacts, disk: DeviceFacts): string | undefined {
  const family = familyOf(facts, disk);
  const uses = usesOf(facts, "/", "all");
  const swaps = parseSwaps(facts.swaps);
  for (const device of family) {
    const mount = uses.find((use) => use.device === device && use.mount)?.mount;
    if (mount) return msg`${device.path} is mounted at ${mount.path}`;
    if (swaps.some((swap) => swap.path === device.path)) return msg`${device.path} is in use as swap`;
    const [fixed] = device.holders.filter((holder) => !isStoppable(facts, holder));
    if (fixed !== undefined) return msg`${device.path} is part of ${fixed}`;
  }
  return undefined;
}

/** Where a disk is plugged in, as udev names it: `pci-0000:00:1f.2-ata-1`. */
function slotOf({ links = [] }: DeviceFacts): string | undefined {
  const names = links.filter((link) => link.startsWith(BY_PATH)).map((link) => link.slice(BY_PATH.length));
  return names.sort((a, b) => a.length - b.length)[0];
}

/** Of what was read of a disk and its partitions. */
function digestOf({ devices }: StorageFacts, disk: DeviceFacts): string {
  const parts = devices.filter((device) => device === disk || device.parent === disk.name);
  const texts = parts.flatMap(({ name, reads }) => reads.map(({ offset, base64 }) => `${name} ${offset} ${base64}`));
  return Bun.hash.xxHash64(texts.join("\n")).toString(16).padStart(16, "0");
}

/** The disks of this machine as possible targets, from recorded facts. */
export function candidatesFrom(read: StorageFacts): Candidate[] {
  const facts = foldMultipath(read);
  const further = furtherPaths(facts.devices);
  return wholeDisks(facts).map((device) => {
    const other = further.get(device.name);
    const busy = other === undefined ? busyWith(facts, device) : msg`${device.path} is another path to ${other}`;
    const { words, identities, unidentified, table } = diskContent(facts, device);
    const parts = heldParts(facts, device);
    const place = slotOf(device);
    const volumes = familyOf(facts, device).flatMap((one) => (one.slaves.length > 0 ? [one.name] : []));
    return {
      disk: diskNode(device),
      readOnly: device.readOnly,
      ...(busy === undefined ? {} : { busy }),
      ...(volumes.length === 0 ? {} : { volumes }),
      contents: words,
      identities,
      ...(unidentified ? { unidentified, digest: digestOf(facts, device) } : {}),
      ...(place === undefined ? {} : { place }),
      storageDrivers: device.drivers,
      ...(table.length === 0 ? {} : { table }),
      ...(parts.length === 0 ? {} : { parts }),
    };
  });
}
