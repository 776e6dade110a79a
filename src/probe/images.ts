import { stored } from "../base/message.ts";
import { parseMountinfo, parseSwaps } from "../formats/fs/mount-tables.ts";
import { isVolumeDevice } from "../layout/graph.ts";
import type { Image, LayoutNode, NodeId, Unsupported } from "../layout/types.ts";
import { contentOfDevice } from "./describe-content.ts";
import type { Description } from "./describe-volumes.ts";
import type { DeviceFacts, Facts } from "./facts.ts";

/** Directory of the archive that holds the images. */
export const IMAGES = "mondo-images";

/** What people call a device: that of a logical volume is `/dev/GROUP/NAME`, not `/dev/dm-3`. */
export function pathOf(described: Description, id: NodeId, device: DeviceFacts): string {
  const node = described.nodes.find((one) => one.id === id);
  return node && isVolumeDevice(node) ? node.path : device.path;
}

/** As a noun phrase, and its UUID where it has one. */
function contentWords(facts: Facts, device: DeviceFacts): Pick<Image, "what" | "uuid"> {
  const content = contentOfDevice(facts, device);
  if (content.kind === "member") return { what: content.member.what };
  if (content.kind === "swap") return { what: stored`a swap area` };
  if (content.kind === "filesystem") {
    const { uuid } = content.facts;
    return { what: stored`a file system (${content.type})`, ...(uuid === undefined ? {} : { uuid }) };
  }
  if (content.kind !== "foreign") return { what: stored`what is on it` };
  return { what: content.what, ...(content.uuid === undefined ? {} : { uuid: content.uuid }) };
}

/** Why what is read from the device would not be what was on it at one moment, or could not be put back. */
function obstacleOf(facts: Facts, device: DeviceFacts, on: LayoutNode | undefined): string | undefined {
  const mount = parseMountinfo(facts.mountinfo, "all").find(
    (line) => (line.devno === device.devno || line.source === device.path) && !isReadOnly(line.options),
  );
  if (mount) return stored`something that is mounted for writing at ${mount.path}: unmount it before an image is taken`;
  if (parseSwaps(facts.swaps).some(({ path }) => path === device.path))
    return stored`swap that is in use: no image is taken`;
  if (device.holders.length > 0)
    return stored`something that ${device.holders.join(stored` and `)} is made of: no image is taken`;
  if (device.unreadable !== undefined) return stored`something that can't be read (${device.unreadable})`;
  const { kind } = contentOfDevice(facts, device);
  const tabled = kind === "gpt" || kind === "dos" || (on?.kind === "partition" && on.role === "extended");
  return tabled ? stored`partitions: name these, not the whole` : undefined;
}

/** A read-only view of what is written elsewhere says both. */
function isReadOnly(options: string): boolean {
  const words = options.split(",");
  return words.includes("ro") && !words.includes("rw");
}

function imageNode(facts: Facts, described: Description, id: NodeId, device: DeviceFacts): Image | Unsupported {
  const path = pathOf(described, id, device);
  const name = id.slice(id.indexOf(":") + 1);
  const obstacle = obstacleOf(
    facts,
    device,
    described.nodes.find((node) => node.id === id),
  );
  if (obstacle !== undefined) return { kind: "unsupported", id: `unsupported:${name}`, on: id, path, what: obstacle };
  const { sizeBytes } = device;
  const entry = `${IMAGES}/${path.slice("/dev/".length)}.img`;
  const stored = { storedBytes: sizeBytes, gaps: "zeros" } as const;
  return {
    kind: "image",
    id: `image:${name}`,
    on: id,
    path,
    ...contentWords(facts, device),
    sizeBytes,
    entry,
    ...stored,
  };
}

/** A node for each device that is to become an image; refused ones say why. `images` are paths of devices. */
export function imageNodes(facts: Facts, described: Description, images: ReadonlySet<string>): LayoutNode[] {
  return [...images].map((path): LayoutNode => {
    const [id, device] = [...described.devices].find(([, one]) => one.path === path) ?? [];
    if (id !== undefined && device) return imageNode(facts, described, id, device);
    const what = stored`something that lies on no disk of the backup: no image is taken`;
    return { kind: "unsupported", id: `unsupported:${path.slice("/dev/".length)}`, on: path, path, what };
  });
}
