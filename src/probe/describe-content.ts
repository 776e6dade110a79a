import { stored } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import { parseCrypttab } from "../formats/storage/crypttab.ts";
import type { Filesystem, LayoutNode, NodeId } from "../layout/types.ts";
import { type Content, decodeAdopted, decodeContent } from "./decode-device.ts";
import { type DeviceFacts, isHeldByArray, replay, type StorageFacts } from "./facts.ts";

/** Where a content lies: the node, and what it is called in identifiers and to people. */
export interface Place {
  readonly on: NodeId;
  readonly name: string;
  readonly path: string;
}

/** What a device without a signature holds, if the volume that the kernel made of it shows that. */
function heldBy(facts: StorageFacts, device: DeviceFacts): string | undefined {
  const holder = facts.devices.find((other) => device.holders.includes(other.name));
  if (/^CRYPT-LUKS\d-/.test(holder?.dmUuid ?? ""))
    return stored`the data of the LUKS volume ${holder?.dmName}, whose header lies elsewhere`;
  return holder?.dmUuid?.startsWith("CRYPT-PLAIN-") ? stored`${holder.dmName}, encrypted without a header` : undefined;
}

/** Name of the volume with a random key that crypttab makes of a device at each start: encrypted swap, as a rule. */
function renewedName(facts: StorageFacts, device: DeviceFacts): string | undefined {
  const holder = facts.devices.find((other) => device.holders.includes(other.name));
  if (!holder?.dmUuid?.startsWith("CRYPT-PLAIN-")) return undefined;
  const entries = parseCrypttab(facts.texts?.["/etc/crypttab"] ?? "");
  return entries.find(({ name, key }) => name === holder.dmName && /^\/dev\/(u?random|hwrng|hw_random)$/.test(key))
    ?.name;
}

/** A mounted one is described by its mount. */
function unknownNodes(facts: StorageFacts, device: DeviceFacts, { on, name, path }: Place): LayoutNode[] {
  if (parseMountinfo(facts.mountinfo).some((mount) => mount.devno === device.devno)) return [];
  return [
    {
      kind: "unsupported",
      id: `unsupported:${name}`,
      on,
      path,
      what: stored`something that this version doesn't know`,
    },
  ];
}

/** What lies on a device as nodes; none for members of volumes, which make up a node together. */
export function contentNodes(facts: StorageFacts, device: DeviceFacts, content: Content, place: Place): LayoutNode[] {
  const { on, name, path } = place;
  if (content.kind === "member") return [];
  const renewed = renewedName(facts, device);
  if (renewed !== undefined) {
    const text = stored`${path} gets a new key at each start (${renewed} in crypttab): it is empty after a restore, as after each start`;
    // What is before the `offset` of the volume gives the device its UUID or label.
    return [{ kind: "note", id: `note:renewed:${name}`, text }, ...signatureNodes(facts, content, place)];
  }
  if (content.kind !== "foreign" && device.holders.length > 0) {
    const what = heldBy(facts, device) ?? stored`something that ${device.holders.join(stored` and `)} is made of`;
    return [{ kind: "unsupported", id: `unsupported:${name}`, on, path, what }];
  }
  if (content.kind === "spare") return [content.spare.node(place)];
  if (content.kind === "unknown") return unknownNodes(facts, device, place);
  if (content.kind === "foreign" || content.kind === "damaged") {
    return [{ kind: "unsupported", id: `unsupported:${name}`, on, path, what: content.what }];
  }
  return signatureNodes(facts, content, place);
}

/** A swap area or a file system as a node. */
function signatureNodes(facts: StorageFacts, content: Content, { on, name }: Place): LayoutNode[] {
  if (content.kind === "swap") {
    return [{ kind: "swap", id: `swap:${name}`, on, ...content.swap, active: false }];
  }
  if (content.kind !== "filesystem") return [];
  const { type: _, usedBytes: __, details, ...plain } = content.facts;
  const tool = facts.toolVersions?.[filesystemDriver(content.type)?.toolVersion?.[0] ?? ""];
  const own = tool === undefined ? details : { ...details, toolVersion: tool };
  const fs: Filesystem = { kind: "filesystem", id: `fs:${name}`, on, type: content.type, ...plain, details: own };
  return [fs];
}

/** What a device is by what other devices say of it. */
function adopted(facts: StorageFacts, device: DeviceFacts): Content | undefined {
  return decodeAdopted(replay(device.reads), (type) =>
    facts.devices.flatMap((other) => {
      const content = other === device || other.unreadable !== undefined ? undefined : ownContent(facts, other);
      return content?.kind === "member" && content.type === type ? [content.member] : [];
    }),
  );
}

/** What lies on a device, decoded from what was recorded. */
export function contentOfDevice(facts: StorageFacts, device: DeviceFacts): Content {
  const content = ownContent(facts, device);
  return content.kind === "foreign" ? (adopted(facts, device) ?? content) : content;
}

/** The same, as far as the device itself says it. */
function ownContent(facts: StorageFacts, device: DeviceFacts): Content {
  if (device.unreadable !== undefined)
    return { kind: "damaged", what: stored`something that can't be read (${device.unreadable})` };
  const whole = device.parent === undefined;
  const partitioned = facts.devices.some((other) => other.parent === device.name);
  const { sizeBytes, logicalSectorBytes: sectorBytes } = device;
  const shape = { sizeBytes, sectorBytes, whole, partitioned, held: isHeldByArray(device.holders) };
  const content = decodeContent(replay(device.reads), shape);
  return content.kind === "nothing" && device.filled ? { kind: "unknown" } : content;
}
