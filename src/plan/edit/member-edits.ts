import type { Layout } from "../../layout/types.ts";
import type { Edit } from "./edit.ts";
import { findNode } from "./find-node.ts";
import { changeGroup } from "./lvm-edits.ts";
import { changeRaid } from "./raid-edits.ts";

/** Other devices below a volume group, which a volume of it names, too; below an array, where it is neither. */
export function changeMembers(layout: Layout, edit: Extract<Edit, { do: "change-members" }>): Layout {
  const { kind } = findNode(layout, edit.node);
  if (kind === "volume-group" || kind === "logical-volume") return changeGroup(layout, edit);
  return changeRaid(layout, { ...edit, do: "change-raid" });
}
