import { msg } from "../../base/message.ts";
import { isLvmSection, type LvmSection } from "../../formats/storage/lvm-text.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";

/** What says when, where and how often the text was written, or where a device was last seen and how large it was. */
const PASSING = new Set([
  "seqno",
  "creation_time",
  "creation_host",
  "device",
  "device_id",
  "device_id_type",
  "dev_size",
  "flags",
]);

/** Every leaf of a section by its path, without what changes by itself. */
function leavesOf(section: LvmSection, path = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, value] of Object.entries(section)) {
    if (PASSING.has(name)) continue;
    const at = path === "" ? name : `${path}/${name}`;
    if (isLvmSection(value)) for (const [key, leaf] of leavesOf(value, at)) leaves.set(key, leaf);
    else leaves.set(at, JSON.stringify(value));
  }
  return leaves;
}

/** How a group's text differs from the one that was found: sizes of extents, places, parameters of every volume. */
export function groupDifferences(wanted: VolumeGroup, found: VolumeGroup): string[] {
  const [then, now] = [leavesOf(lvmGroupOf(wanted).section), leavesOf(lvmGroupOf(found).section)];
  return [...new Set([...then.keys(), ...now.keys()])]
    .filter((key) => then.get(key) !== now.get(key))
    .map((key) => {
      const [is, was] = [now.get(key) ?? "absent", then.get(key) ?? "absent"];
      return msg`volume group ${wanted.name}: ${key} is ${is} instead of ${was}`;
    });
}
