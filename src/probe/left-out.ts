import { msg } from "../base/message.ts";
import type { LeftOut } from "../layout/types.ts";
import { contentOfDevice } from "./describe-content.ts";
import { diskContent } from "./disk-content.ts";
import { type DeviceFacts, type StorageFacts, wholeDisks } from "./facts.ts";

/** A disk that stays out of the set. */
export function leftOutNode(facts: StorageFacts, device: DeviceFacts, why: string): LeftOut {
  const { name, path, sizeBytes, serial, wwn } = device;
  const { identities } = diskContent(facts, device);
  return {
    kind: "left-out",
    id: `left-out:${name}`,
    path,
    why,
    holdsData: contentOfDevice(facts, device).kind !== "nothing",
    sizeBytes,
    ...(identities.length === 0 ? {} : { identities }),
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
  };
}

/** The disks of the machine that are not in the set; `left` says why those stay out that are in use. */
export function leftOutNodes(
  facts: StorageFacts,
  inSet: ReadonlySet<string>,
  left: ReadonlyMap<string, string>,
): LeftOut[] {
  return wholeDisks(facts)
    .filter(({ name }) => !inSet.has(name))
    .map((d) => leftOutNode(facts, d, left.get(d.name) ?? msg`nothing on it is mounted or used as swap`));
}
