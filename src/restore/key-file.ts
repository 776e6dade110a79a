import { MondoError } from "../base/errors.ts";
import { Secret } from "../base/secret.ts";
import { filesystemDriver } from "../drivers/fs/list.ts";
import type { Host } from "../host/host.ts";
import { disksOf } from "../layout/graph.ts";
import { type Filesystem, type Layout, nodeById, nodesOf } from "../layout/types.ts";
import type { TargetDisk } from "../plan/types.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import { readFacts } from "../probe/read-facts.ts";

const MOUNT = "/run/mondo/key";
/** As cryptsetup's own limit. */
const MOST_BYTES = 8 << 20;

const hint =
  "Write DEVICE:/PATH, with a device like LABEL=KEYS, UUID=1234-ABCD or /dev/sdb1; or leave it out and type.";

function readKey(host: Host, path: string, place: string): Secret {
  const stat = host.stat(path);
  if (stat?.kind !== "file") throw new MondoError("not-found", `there is no key file ${place}`, { hint });
  if (stat.sizeBytes === 0 || stat.sizeBytes > MOST_BYTES) {
    const text = `the key file ${place} has ${stat.sizeBytes} bytes; 1 byte to 8 MiB can be a key`;
    throw new MondoError("usage", text, { hint });
  }
  return new Secret(host.read(path));
}

async function describeAll(host: Host): Promise<Layout> {
  const facts = await readFacts(host, "/");
  const disks = facts.devices.filter((device) => device.parent === undefined && device.slaves.length === 0);
  return { version: 1, nodes: describeDisks(facts, disks).nodes };
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

/** Refuses a key on a disk that is to be erased: it may be the only copy. */
function refuseTarget(layout: Layout, fs: Filesystem, targets: readonly TargetDisk[], place: string): void {
  const disk = disksOf(layout, fs.id).find(({ path }) => targets.some((target) => target.path === path));
  if (!disk) return;
  throw new MondoError("refused", `the key file ${place} lies on ${disk.path}, which the restore would erase`, {
    hint: "Put it on a stick of its own.",
  });
}

/**
 * The content of a key file, by the place that a person named: `DEVICE:/PATH`, or a path on this system. The device is mounted
 * read-only meanwhile; it must be on none of the disks that are to be erased (`targets`). Throws `not-found`, `usage` or `refused`, naming the place.
 */
export async function readKeyFile(host: Host, place: string, targets: readonly TargetDisk[]): Promise<Secret> {
  const [, spec, path] = /^([^:]+):(\/.+)$/.exec(place) ?? [];
  if (spec === undefined || path === undefined) return readKey(host, place, place);
  const layout = await describeAll(host);
  const fs = nodesOf(layout, "filesystem").find((one) => isNamed(layout, one, spec));
  const device = fs && nodeById(layout, fs.on);
  if (!fs || !device || !("path" in device)) {
    throw new MondoError("not-found", `no device ${spec} with a file system is there for the key file ${place}`, {
      hint,
    });
  }
  refuseTarget(layout, fs, targets, place);
  const [data] = filesystemDriver(fs.type)?.readOnlyOptions ?? [];
  host.makeDirectory(MOUNT, 0o700);
  const flags = ["readOnly"] as const;
  host.mount({ source: device.path, target: MOUNT, type: fs.type, flags, ...(data === undefined ? {} : { data }) });
  try {
    return readKey(host, `${MOUNT}${path}`, place);
  } finally {
    host.unmount(MOUNT);
  }
}
