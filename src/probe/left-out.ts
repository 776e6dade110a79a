import { stored } from "../base/message.ts";
import type { LeftOut } from "../layout/types.ts";
import { contentOfDevice } from "./describe-content.ts";
import { diskContent } from "./disk-content.ts";
import { type DeviceFacts, type StorageFacts, wholeDisks } from "./facts.ts";
import type { SetUses } from "./uses.ts";

/** A disk that stays out of the set; `receives`: the directory on it that the backup is written to. */
export function leftOutNode(facts: StorageFacts, device: DeviceFacts, why: string, receives?: string): LeftOut {
  const { name, path, sizeBytes, serial, wwn } = device;
  const { identities } = diskContent(facts, device);
  return {
    kind: "left-out",
    id: `left-out:${name}`,
    path,
    why,
    ...(receives === undefined ? {} : { receives }),
    holdsData: contentOfDevice(facts, device).kind !== "nothing",
    sizeBytes,
    ...(identities.length === 0 ? {} : { identities }),
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
  };
}

/** The disks of the machine that are not in the set. */
export function leftOutNodes(
  facts: StorageFacts,
  inSet: ReadonlySet<string>,
  { left, receivers }: Pick<SetUses, "left" | "receivers">,
): LeftOut[] {
  const idle = stored`nothing on it is mounted or used as swap`;
  return wholeDisks(facts)
    .filter(({ name }) => !inSet.has(name))
    .map((d) => leftOutNode(facts, d, left.get(d.name) ?? idle, receivers.get(d.name)));
}
