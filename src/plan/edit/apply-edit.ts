import { MondoError } from "../../base/errors.ts";
import { checkDetails } from "../../drivers/check-details.ts";
import { decodeLayout } from "../../layout/decode-layout.ts";
import type { Layout } from "../../layout/types.ts";
import { format, setLabel } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { type Flaw, flawFrom } from "./flaw.ts";
import { decrypt, encrypt } from "./luks-edits.ts";
import { addVolume, makeGroup, move, offLvm, ontoLvm } from "./lvm-edits.ts";
import { changeMembers } from "./member-edits.ts";
import { addSubvolume, mountAt, removeSubvolume, setOptions, unmount } from "./mount-edits.ts";
import { changeRaid, makeRaid, offRaid, ontoRaid } from "./raid-edits.ts";
import { remove } from "./remove-node.ts";
import { addDisk, addPartition, addTable, resize } from "./table-edits.ts";

type Appliers = { readonly [D in Edit["do"]]: (layout: Layout, edit: Extract<Edit, { do: D }>) => Layout };

/** One function for each edit; one that has none doesn't compile. */
const appliers: Appliers = {
  "add-disk": addDisk,
  "add-table": addTable,
  "add-partition": addPartition,
  remove,
  resize,
  format,
  label: setLabel,
  mount: mountAt,
  unmount,
  options: setOptions,
  "add-subvolume": addSubvolume,
  "remove-subvolume": removeSubvolume,
  "make-raid": makeRaid,
  "onto-raid": ontoRaid,
  "change-members": changeMembers,
  "change-raid": changeRaid,
  "off-raid": offRaid,
  "make-group": makeGroup,
  "add-volume": addVolume,
  "onto-lvm": ontoLvm,
  move,
  "off-lvm": offLvm,
  encrypt,
  decrypt,
};

/** What came of an edit: another layout, or why it can't be done. */
export type Edited = { readonly layout: Layout } | { readonly flaw: Flaw };

function changed<D extends Edit["do"]>(layout: Layout, edit: Extract<Edit, { do: D }>): Layout {
  const apply: Appliers[D] = appliers[edit.do];
  return apply(layout, edit);
}

/** A layout with one change. Pure; what comes out is a valid layout. What follows from it is `followed()`'s. */
export function applyEdit(layout: Layout, edit: Edit): Edited {
  try {
    const edited = changed(layout, edit);
    decodeLayout(edited);
    checkDetails(edited);
    return { layout: edited };
  } catch (error) {
    if (error instanceof MondoError) return { flaw: flawFrom(error) };
    throw error;
  }
}

/** What came of several edits, each after the other, up to the first that can't be done, whose number it is. */
export function applyEdits(
  layout: Layout,
  edits: readonly Edit[],
): { readonly layout: Layout; readonly failed?: { readonly at: number; readonly flaw: Flaw } } {
  let now = layout;
  for (const [at, edit] of edits.entries()) {
    const edited = applyEdit(now, edit);
    if ("flaw" in edited) return { layout: now, failed: { at, flaw: edited.flaw } };
    now = edited.layout;
  }
  return { layout: now };
}
