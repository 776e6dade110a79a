import type { LvmSection, LvmValue } from "../../formats/storage/lvm-text.ts";
import { readLvmTree } from "../../formats/storage/lvm-tree.ts";
import { type Layout, nodesOf, type VolumeGroup } from "../../layout/types.ts";

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

const isSection = (value: LvmValue): value is LvmSection => typeof value === "object" && !Array.isArray(value);

/** Every leaf of a section by its path, without what changes by itself. */
function leavesOf(section: LvmSection, path = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, value] of Object.entries(section)) {
    if (PASSING.has(name)) continue;
    const at = path === "" ? name : `${path}/${name}`;
    if (isSection(value)) for (const [key, leaf] of leavesOf(value, at)) leaves.set(key, leaf);
    else leaves.set(at, JSON.stringify(value));
  }
  return leaves;
}

function textLeaves({ metadata }: VolumeGroup): Map<string, string> {
  const { whole, group } = readLvmTree(metadata);
  return leavesOf(whole[group] as LvmSection);
}

/** In what the texts of a layout's groups differ from those that were found: sizes of extents, places, parameters of every volume. */
export function lvmDifferences(wanted: Layout, found: Layout): string[] {
  return nodesOf(wanted, "volume-group").flatMap((group) => {
    const at = nodesOf(found, "volume-group").find((one) => one.uuid === group.uuid);
    if (!at) return [];
    const [then, now] = [textLeaves(group), textLeaves(at)];
    return [...new Set([...then.keys(), ...now.keys()])]
      .filter((key) => then.get(key) !== now.get(key))
      .map((key) => {
        const [is, was] = [now.get(key) ?? "absent", then.get(key) ?? "absent"];
        return `volume group ${group.name}: ${key} is ${is} instead of ${was}`;
      });
  });
}
