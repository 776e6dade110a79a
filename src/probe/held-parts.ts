import { volumeDriver } from "../drivers/volume/volume-drivers.ts";
import type { HeldPart } from "../layout/keep/held-part.ts";
import type { Content } from "./decode-device.ts";
import { contentOfDevice } from "./describe-content.ts";
import type { DeviceFacts, StorageFacts } from "./facts.ts";

const withUuid = (uuid: string | undefined) => (uuid === undefined ? {} : { uuid: uuid.toLowerCase() });

/** A content by what identifies it; undefined for what identifies nothing. */
function partOf(content: Content): Omit<HeldPart, "partition"> | undefined {
  if (content.kind === "filesystem") {
    const { uuid, spread } = content.facts;
    const role = spread && { role: { own: String(spread.index), total: spread.devices, age: 0 } };
    return { kind: "filesystem", type: content.type, ...withUuid(uuid), ...role };
  }
  if (content.kind === "swap") return { kind: "swap", ...withUuid(content.swap.uuid) };
  if (content.kind === "spare") return { kind: "physical-volume", ...withUuid(content.spare.uuid) };
  if (content.kind === "foreign") return { kind: "image", ...withUuid(content.uuid) };
  if (content.kind !== "member") return content.kind === "nothing" ? undefined : { kind: "other" };
  const { group, role } = content.member;
  return { kind: volumeDriver(content.type)?.kind ?? "other", ...withUuid(group), ...(role ? { role } : {}) };
}

/** What lies on a disk and on its partitions, from recorded facts. */
export function heldParts(facts: StorageFacts, disk: DeviceFacts): HeldPart[] {
  const devices = facts.devices.filter((device) => device === disk || device.parent === disk.name);
  return devices.flatMap((device): HeldPart[] => {
    const part = partOf(contentOfDevice(facts, device));
    if (!part) return [];
    return [device.partition === undefined ? part : { partition: device.partition, ...part }];
  });
}
