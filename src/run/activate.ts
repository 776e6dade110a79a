import { msg } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { notStarted } from "../drivers/volume/not-started.ts";
import { volumeDriverOf } from "../drivers/volume/volume-drivers.ts";
import type { DevicesSeen, GiveKey, VolumeStart } from "../drivers/volume-contract.ts";
import type { Host } from "../host/host.ts";
import { calledOf, isVolumeDevice, partitionPath, partitionsOf, tableOn } from "../layout/graph.ts";
import { type Layout, type LayoutNode, nodesOf } from "../layout/types.ts";
import { contentOfDevice } from "../probe/describe-content.ts";
import type { DeviceFacts, StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { awaitDevice } from "./kernel-table.ts";
import { releaseVolumes } from "./release.ts";

/** How volumes are started. */
export interface Activation {
  /** Default: a closed encrypted volume is an error. */
  readonly give?: GiveKey;
  /** They are to be written to. Default: they are started read-only. */
  readonly writable?: boolean;
  /** Tests work on loop devices. */
  readonly loops?: boolean;
}

const PARTITIONS_MS = 10_000;

/**
 * The device on which a member of a group lies and of which nothing is made yet: legs of mirrors and what is behind a
 * cache begin with the same superblock, but are held.
 */
export function idleMember(facts: StorageFacts, type: string, group: string): DeviceFacts | undefined {
  return facts.devices.find((device) => {
    if (device.sizeBytes === 0 || device.holders.length > 0) return false;
    const content = contentOfDevice(facts, device);
    return content.kind === "member" && content.type === type && content.member.group === group;
  });
}

async function seen(host: Host, type: string, loops: boolean): Promise<DevicesSeen> {
  const facts = await readDevices(host, { loops });
  return { devices: facts.devices, idleMember: (group) => idleMember(facts, type, group) };
}

/** The kernel finds the partitions of an array when that is first opened. */
async function awaitPartitions(host: Host, layout: Layout, node: LayoutNode): Promise<void> {
  const table = isVolumeDevice(node) ? tableOn(layout, node.id) : undefined;
  if (!table || !isVolumeDevice(node)) return;
  try {
    for (const { number } of partitionsOf(layout, table.id))
      await awaitDevice(host, partitionPath(node.path, number), undefined, PARTITIONS_MS);
  } catch (cause) {
    throw notStarted(msg`${calledOf(node)} can't be started`, cause);
  }
}

async function startVolume(host: Host, layout: Layout, node: LayoutNode, activation: Activation): Promise<void> {
  const driver = volumeDriverOf(node);
  if (!driver?.start) return;
  const { give, loops = false, writable = false } = activation;
  const look = () => seen(host, driver.type, loops);
  const release = (path: string) => releaseVolumes(host, path);
  const start: VolumeStart = { host, layout, look, release, writable, ...(give ? { give } : {}) };
  if (await driver.start(node, start)) await awaitPartitions(host, layout, node);
}

/**
 * Without udev nobody tells the kernel which devices a file system lies on; a mount names them itself, a person need
 * not.
 */
async function gatherDevices(host: Host, layout: Layout): Promise<void> {
  const types = nodesOf(layout, "filesystem").flatMap((fs) => (fs.alsoOn === undefined ? [] : [fs.type]));
  for (const type of new Set(types)) {
    const argv = filesystemDriver(type)?.gather;
    if (!argv) continue;
    await host.run({ argv: ["modprobe", "-q", type], accept: "any" });
    await host.run({ argv, accept: "any", timeoutMs: 60_000 });
  }
}

/**
 * Starts the volumes of a layout that are on this machine's disks and not running, each after what it lies on, so that
 * they can be looked at, or written to. By default all are started read-only: nothing is synced, no journal is played
 * back; what their own programs write nevertheless is listed at the drivers. Throws `not-found` when one can't be had.
 */
export async function activateVolumes(host: Host, layout: Layout, activation: Activation = {}): Promise<void> {
  for (const node of layout.nodes) await startVolume(host, layout, node, activation);
  await gatherDevices(host, layout);
}
