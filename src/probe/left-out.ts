import type { LeftOut } from "../layout/types.ts";
import { contentOfDevice } from "./describe-disk.ts";
import type { DeviceFacts, Facts } from "./facts.ts";

/** A disk that stays out of the set. */
export function leftOutNode(facts: Facts, device: DeviceFacts, why: string): LeftOut {
  const { name, path, sizeBytes, serial, wwn } = device;
  return {
    kind: "left-out",
    id: `left-out:${name}`,
    path,
    why,
    holdsData: contentOfDevice(facts, device).kind !== "nothing",
    sizeBytes,
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
  };
}

/** The disks of the machine that are not in the set; `left` says why those stay out that are in use. */
export function leftOutNodes(facts: Facts, inSet: ReadonlySet<string>, left: ReadonlyMap<string, string>): LeftOut[] {
  return facts.devices
    .filter((d) => d.parent === undefined && d.slaves.length === 0 && d.sizeBytes > 0 && !inSet.has(d.name))
    .map((d) => leftOutNode(facts, d, left.get(d.name) ?? "nothing on it is mounted or used as swap"));
}
