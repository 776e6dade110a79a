import { decodeText, viewOf } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Action } from "../../effects/effect.ts";
import type { Host } from "../../host/host.ts";
import { diskOf, mountHolding, partitionsOf, tableSeenOn } from "../../layout/graph.ts";
import type { Layout, Loader, NodeId } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { LoaderContext, LoaderDriver, LoaderFacts } from "../contracts.ts";
import { grubDefects } from "./check-grub.ts";
import { grubBiosFields, grubDetails } from "./grub-details.ts";
import { grubDetailsFrom } from "./grub-files.ts";
import { grubPaths } from "./grub-homes.ts";

const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
/** Where boot.img keeps the sector of core.img. Source: include/grub/i386/pc/boot.h. */
const KERNEL_SECTOR_OFFSET = 0x5c;
const BOOT_CODE_BYTES = 440;
const MODULES = /^\/usr\/.*\/i386-pc\/normal\.mod$/;
const INSTALL = /\/grub2?-install$/;
const SECTOR = 512;

/** Whether a boot sector is GRUB 2's boot.img. */
export function hasGrubBootCode(sector: Uint8Array): boolean {
  return sector.byteLength >= SECTOR && decodeText(sector.subarray(0, BOOT_CODE_BYTES)).includes("GRUB ");
}

/**
 * Whether GRUB's core has a place of its own on a disk: a GPT without a BIOS boot partition, a file system on the whole
 * disk and a partition have none.
 */
function hasPlace(layout: Layout, device: NodeId): boolean {
  const table = tableSeenOn(layout, device);
  if (table?.scheme === "dos") return true;
  return table !== undefined && partitionsOf(layout, table.id).some(({ type }) => type === BIOS_BOOT);
}

/** The partition that holds GRUB's files, if GRUB is in its first sector: others' code is a stranger's. */
function codedPartitions({ layout, bootSector }: LoaderFacts, directory: string): NodeId[] {
  const fs = nodeById(layout, mountHolding(layout, directory)?.mount.of ?? "");
  const partition = fs?.kind === "filesystem" ? nodeById(layout, fs.on) : undefined;
  return partition?.kind === "partition" && hasGrubBootCode(bootSector(partition.id)) ? [partition.id] : [];
}

function detect(facts: LoaderFacts): Loader | undefined {
  const firmware = nodesOf(facts.layout, "firmware")[0];
  const coded = nodesOf(facts.layout, "disk").filter((disk) => hasGrubBootCode(facts.bootSector(disk.id)));
  // A new table leaves the boot code of an old one standing: beside a disk with a place for GRUB it starts nothing.
  const placed = coded.filter((disk) => hasPlace(facts.layout, disk.id));
  const disks = placed.length > 0 ? placed : coded;
  if (firmware?.mode === "uefi") return undefined;
  const grub = grubDetailsFrom(facts);
  const on = [...disks.map(({ id }) => id), ...codedPartitions(facts, grub.directory)];
  if (on.length === 0) return undefined;
  const details = {
    ...grub,
    modules: facts.files.some((path) => MODULES.test(path)) && facts.files.some((path) => INSTALL.test(path)),
  };
  return { kind: "loader", id: "loader:grub-bios", type: "grub-bios", on, details };
}

function plan(context: LoaderContext): readonly Action[] {
  const { install } = grubDetails(context.loader);
  return context.loader.on.flatMap((id): Action[] => {
    const device = context.targets[id];
    if (device === undefined) return [];
    // --recheck: a restored device.map may name disks of the old machine. Forced, GRUB finds its core by lists of
    // blocks.
    const force = hasPlace(context.layout, id) ? [] : ["--force"];
    const argv = [install, "--target=i386-pc", "--recheck", ...force, device];
    return [
      {
        id: `loader:grub-bios:${device}`,
        node: context.loader.id,
        say: msg`Install GRUB for BIOS on ${device}`,
        destroys: [],
        effects: [{ do: "run", argv, writes: [device], chroot: true, timeoutMs: 900_000 }],
      },
    ];
  });
}

function warnings(context: LoaderContext): readonly string[] {
  const found: string[] = [];
  if (context.firmware === "uefi") {
    found.push(
      msg`The set's system starts by BIOS, but this machine was started by UEFI: it will only start with the firmware in BIOS (CSM, legacy) mode`,
    );
  }
  if (context.loader.details.modules === false) {
    found.push(
      msg`The set's system lacks grub-install, or GRUB's modules for BIOS (Debian: grub2-common, grub-pc-bin): GRUB can't be installed again`,
    );
  }
  return found;
}

/** Byte ranges of a disk in which core.img may lie: the BIOS boot partition, or the gap before the first partition. */
function embeddingArea(layout: Layout, disk: NodeId): readonly [from: number, to: number] | undefined {
  const table = tableSeenOn(layout, disk);
  if (!table) return undefined;
  const partitions = partitionsOf(layout, table.id);
  const boot = partitions.find((partition) => partition.type === BIOS_BOOT);
  if (boot) return [boot.startBytes, boot.startBytes + boot.sizeBytes];
  const first = Math.min(...partitions.map((partition) => partition.startBytes));
  return table.scheme === "dos" && Number.isFinite(first) ? [SECTOR, first] : undefined;
}

function checkBootSector(host: Host, context: LoaderContext, id: NodeId): string[] {
  const device = context.targets[id];
  if (device === undefined) return [];
  const sector = host.readAt(device, 0, SECTOR);
  if (!hasGrubBootCode(sector)) return [msg`the boot sector of ${device} holds no GRUB`];
  const at = Number(viewOf(sector).getBigUint64(KERNEL_SECTOR_OFFSET, true)) * SECTOR;
  const area = embeddingArea(context.layout, id);
  if (area && (at < area[0] || at >= area[1])) {
    return [msg`GRUB's boot sector on ${device} points to byte ${at}, outside of the place for its core`];
  }
  // Sectors are counted from the start of the disk, wherever the boot sector is.
  const disk = context.targets[diskOf(context.layout, id)?.id ?? id] ?? device;
  const core = host.readAt(disk, at, SECTOR);
  return core.every((byte) => byte === 0)
    ? [msg`GRUB's core is missing on ${disk}: sector ${at / SECTOR} is empty`]
    : [];
}

async function verify(host: Host, context: LoaderContext): Promise<readonly string[]> {
  const disks = context.loader.on.filter((id) => diskOf(context.layout, id));
  return [...disks.flatMap((id) => checkBootSector(host, context, id)), ...grubDefects(host, context)];
}

/** GRUB 2 in the boot sectors of disks, and of the partition that holds its files. */
export const grubBiosDriver: LoaderDriver = {
  type: "grub-bios",
  needs: { tools: ["chroot"], modules: [] },
  detailFields: grubBiosFields,
  paths: grubPaths,
  detect,
  plan,
  warnings,
  verify,
};
