import { MondoError, messageOf } from "../base/errors.ts";
import type { Secret } from "../base/secret.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { Host } from "../host/host.ts";
import { partitionPath, partitionsOf, tableOn } from "../layout/graph.ts";
import { type Layout, type LayoutNode, type Luks, nodesOf, type Raid, type VolumeGroup } from "../layout/types.ts";
import { contentOfDevice } from "../probe/describe-disk.ts";
import type { DeviceFacts, StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { awaitDevice } from "./kernel-table.ts";

/** How volumes are started. */
export interface Activation {
  /** Absent: a closed encrypted volume is an error. */
  readonly give?: GiveKey;
  /** Tests work on loop devices. */
  readonly loops?: boolean;
}

/** What opens an encrypted volume: a person's pass phrase, or a key file. `failed` says that the last one did not. */
export type GiveKey = (luks: Luks, failed: boolean) => Promise<Secret>;

const HINT = "Look at /proc/mdstat, mdadm --examine and lvm pvs in the shell: a member may be missing.";
const UNLOCK_MS = 600_000;
const PARTITIONS_MS = 10_000;
/** Exit status of cryptsetup when the key is wrong. Source: cryptsetup(8), RETURN CODES. */
const WRONG_KEY = 2;

function notStarted(what: string, cause: unknown): MondoError {
  return new MondoError("not-found", `${what}: ${messageOf(cause)}`, { hint: HINT, cause });
}

/** The kernel finds an array's partitions when it is first opened. */
async function awaitPartitions(host: Host, layout: Layout, raid: Raid): Promise<void> {
  const table = tableOn(layout, raid.id);
  const partitions = table ? partitionsOf(layout, table.id) : [];
  for (const { number } of partitions)
    await awaitDevice(host, partitionPath(raid.path, number), undefined, PARTITIONS_MS);
}

async function startRaid(host: Host, layout: Layout, raid: Raid): Promise<void> {
  const { devices } = await readDevices(host);
  if (devices.some((device) => device.path === raid.path && device.sizeBytes > 0)) return;
  const argv = ["mdadm", "--assemble", "--readonly", "--run", raid.path, `--uuid=${raid.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "md_mod"], accept: "any" });
    await host.run({ argv, timeoutMs: 60_000 });
    await awaitPartitions(host, layout, raid);
  } catch (cause) {
    throw notStarted(`${raid.path} can't be started`, cause);
  }
}

/** Types of volumes whose own records the kernel must be able to write: those of a thin one's pool, of a cache. */
const KEEPS_RECORDS = /^(thin|cache|writecache)$/;

/** The volumes of a group that may start read-only. */
function readOnlyVolumes(layout: Layout, group: VolumeGroup): string {
  const volumes = nodesOf(layout, "logical-volume").filter((volume) => volume.group === group.id);
  const names = volumes
    .filter(({ segments }) => !segments.some((type) => KEEPS_RECORDS.test(type)))
    .map(({ name }) => `"${group.name}/${name}"`);
  return `read_only_volume_list=[${names.join(",")}]`;
}

async function startGroup(host: Host, layout: Layout, group: VolumeGroup): Promise<void> {
  const readOnly = readOnlyVolumes(layout, group);
  const config = `activation { monitoring=0 verify_udev_operations=1 ${readOnly} } devices { use_devicesfile=0 }`;
  const select = ["--select", `vg_uuid=${group.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "dm_mod"], accept: "any" });
    const argv = ["lvm", "vgchange", "--config", config, "--activate", "y", "--ignoreactivationskip", ...select];
    await host.run({ argv, timeoutMs: 120_000 });
  } catch (cause) {
    throw notStarted(`the volume group ${group.name} can't be started`, cause);
  }
}

/** The device that a closed volume is opened from: legs of mirrors and what is behind a cache begin with its header, too, but are held. */
export function deviceOfClosed(facts: StorageFacts, luks: Luks): DeviceFacts | undefined {
  return facts.devices.find((device) => {
    if (device.sizeBytes === 0 || device.holders.length > 0) return false;
    const content = contentOfDevice(facts, device);
    return content.kind === "member" && content.type === "luks" && content.member.group === luks.uuid;
  });
}

/** The device that has the volume's header; undefined when the volume is open already. */
async function closedDevice(host: Host, luks: Luks, loops: boolean): Promise<DeviceFacts | undefined> {
  const facts = await readDevices(host, { loops });
  const start = `CRYPT-LUKS${luks.version}-${luks.uuid.replaceAll("-", "")}-`;
  if (facts.devices.some((device) => device.dmUuid?.startsWith(start))) return undefined;
  const found = deviceOfClosed(facts, luks);
  if (found) return found;
  throw new MondoError("not-found", `the LUKS volume ${luks.path} (UUID ${luks.uuid}) is on no disk of this machine`, {
    hint: "Compare works on the machine that was backed up, or on one that was restored from it.",
  });
}

async function openLuks(host: Host, luks: Luks, { give, loops }: Activation): Promise<void> {
  const device = await closedDevice(host, luks, loops ?? false);
  if (!device) return;
  if (!give) throw new MondoError("refused", `nobody gave the pass phrase of the LUKS volume ${luks.path}`);
  await host.run({ argv: ["modprobe", "-q", "dm_crypt"], accept: "any" });
  const argv = ["cryptsetup", "open", "--type=luks", "--readonly", "--key-file=-", device.path, luks.name];
  for (let failed = false; ; failed = true) {
    const input = (await give(luks, failed)).reveal();
    try {
      const { code } = await host.run({ argv, input, timeoutMs: UNLOCK_MS, accept: [0, WRONG_KEY] });
      if (code === 0) return;
    } catch (cause) {
      throw notStarted(`${luks.path} can't be opened`, cause);
    }
  }
}

/** Without udev nobody tells the kernel which devices a file system lies on; a mount names them itself, a person need not. */
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
 * Starts the arrays, encrypted and logical volumes of a layout that are on this machine's disks and not running, each after what it
 * lies on, so that they can be looked at. All are started read-only: nothing is synced, no journal is played back. What their own
 * programs still note: mdadm in the superblock of one member, the kernel in the records of thin pools, caches and LVM's own mirrors; and a
 * write-back cache hands what it holds to the volume behind it, as the kernel lets it do at any time. Throws `not-found` when one can't be had.
 */
export async function activateVolumes(host: Host, layout: Layout, activation: Activation = {}): Promise<void> {
  const start = async (node: LayoutNode) => {
    if (node.kind === "raid") await startRaid(host, layout, node);
    if (node.kind === "luks") await openLuks(host, node, activation);
    if (node.kind === "volume-group") await startGroup(host, layout, node);
  };
  for (const node of layout.nodes) await start(node);
  await gatherDevices(host, layout);
}
