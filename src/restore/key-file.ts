import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { disksOf } from "../layout/graph.ts";
import { type Filesystem, type Layout, nodeById, nodesOf } from "../layout/types.ts";
import type { TargetDisk } from "../plan/restore-plan.ts";
import { describeMachine } from "../probe/describe-volumes.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { mountUntouched } from "./mount-untouched.ts";

const MOUNT = "/run/mondo/key";

/** A small file that a person named, and the words for messages about it. */
export interface NamedFile {
  /** `DEVICE:/PATH`, or a path on this system. */
  readonly place: string;
  /** What it is, as a noun phrase: "the key file". */
  readonly what: string;
  readonly mostBytes: number;
  readonly hint: string;
  /** Gets the path of the device, and those of its disks, as soon as the device is found. */
  readonly found?: ((path: string) => void) | undefined;
}

/** cryptsetup's own limit. */
const KEY_BYTES = 8 << 20;
const DEVICES = msg`Write DEVICE:/PATH, with a device like LABEL=KEYS, UUID=1234-ABCD or /dev/sdb1`;

function readSmall(host: Host, path: string, { place, what, mostBytes, hint }: NamedFile): Uint8Array {
  const stat = host.stat(path);
  if (stat?.kind !== "file") throw new MondoError("not-found", msg`${what} ${place} is not there`, { hint });
  if (stat.sizeBytes === 0 || stat.sizeBytes > mostBytes) {
    const text = msg`${what} ${place} has ${stat.sizeBytes} bytes; it must have 1 byte to ${formatBytes(mostBytes)}`;
    throw new MondoError("usage", text, { hint });
  }
  return host.read(path);
}

function isNamed(layout: Layout, fs: Filesystem, spec: string): boolean {
  const device = nodeById(layout, fs.on);
  const [tag = "", value = ""] = spec.replaceAll('"', "").split("=");
  const same = (text: string | undefined) => text !== undefined && text.toLowerCase() === value.toLowerCase();
  if (tag === "LABEL") return fs.label === value;
  if (tag === "UUID") return same(fs.uuid);
  if (tag === "PARTUUID") return device?.kind === "partition" && same(device.uuid);
  if (tag === "PARTLABEL") return device?.kind === "partition" && device.name === value;
  return device !== undefined && "path" in device && device.path === spec;
}

interface FoundDevice {
  readonly layout: Layout;
  readonly fs: Filesystem;
  /** Path of the device. */
  readonly path: string;
}

function findDevice(facts: StorageFacts, spec: string): FoundDevice | undefined {
  const layout: Layout = { version: 1, nodes: describeMachine(facts).nodes };
  const fs = nodesOf(layout, "filesystem").find((one) => isNamed(layout, one, spec));
  const device = fs && nodeById(layout, fs.on);
  return fs && device && "path" in device ? { layout, fs, path: device.path } : undefined;
}

/** Refuses a file on a disk that is to be erased: it may be the only copy. */
function refuseTarget({ layout, fs }: FoundDevice, targets: readonly TargetDisk[], { what, place }: NamedFile): void {
  const disk = disksOf(layout, fs.id).find(({ path }) => targets.some((target) => target.path === path));
  if (!disk) return;
  throw new MondoError("refused", msg`${what} ${place} lies on ${disk.path}, which the restore would erase`, {
    hint: msg`Put it on a separate USB stick.`,
  });
}

/**
 * The content of a file that a person named. Its device is mounted read-only for as long as it takes, and must be on
 * none of the disks that are to be erased (`targets`). `facts` are what was read of this machine before: it is read
 * again only when the device isn't in them. Throws `not-found`, `usage` or `refused`, naming the place.
 */
export async function readNamedFile(
  host: Host,
  named: NamedFile,
  targets: readonly TargetDisk[],
  facts?: StorageFacts,
): Promise<Uint8Array> {
  const { place, what, hint, found } = named;
  const [, spec, path] = /^([^:]+):(\/.+)$/.exec(place) ?? [];
  if (spec === undefined || path === undefined) return readSmall(host, place, named);
  const device = (facts && findDevice(facts, spec)) ?? findDevice(await readDevices(host), spec);
  if (!device) {
    throw new MondoError("not-found", msg`there is no device ${spec} with a file system for ${what} ${place}`, {
      hint,
    });
  }
  refuseTarget(device, targets, named);
  const { layout, fs } = device;
  for (const { path: taken } of [device, ...disksOf(layout, fs.id)]) found?.(taken);
  host.makeDirectory(MOUNT, 0o700);
  mountUntouched(host, { source: device.path, target: MOUNT, type: fs.type });
  try {
    return readSmall(host, `${MOUNT}${path}`, named);
  } finally {
    host.unmount(MOUNT);
  }
}

/** The key file at a place. Pure. */
export function keyFileAt(place: string): NamedFile {
  return {
    place,
    what: msg`the key file`,
    mostBytes: KEY_BYTES,
    hint: msg`${DEVICES}; or leave it out and type the pass phrase.`,
  };
}

/** The content of a key file, by its place (`readNamedFile`), as a secret. */
export async function readKeyFile(
  host: Host,
  place: string,
  targets: readonly TargetDisk[],
  facts?: StorageFacts,
): Promise<Secret> {
  return new Secret(await readNamedFile(host, keyFileAt(place), targets, facts));
}
