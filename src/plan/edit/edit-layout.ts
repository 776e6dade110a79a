import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Layout } from "../../layout/types.ts";
import { applyEdits } from "./apply-edit.ts";
import type { Edit } from "./edit.ts";
import { type Flaw, flawWords } from "./flaw.ts";
import { flawsOf } from "./flaws.ts";
import { followed } from "./followed.ts";

/** A layout after all edits. */
export interface EditedLayout {
  /** With all that follows. */
  readonly layout: Layout;
  /** What would not work; those that the layout had before the edits are not among them. */
  readonly flaws: readonly Flaw[];
}

/** The layout with edits and what follows from them. Throws `refused` for an edit that can't be done. */
export function editLayout(saved: Layout, edits: readonly Edit[]): EditedLayout {
  if (edits.length === 0) return { layout: saved, flaws: [] };
  const { layout, failed } = applyEdits(saved, edits);
  if (failed) {
    const { what, todo } = failed.flaw;
    const place = edits.length > 1 ? msg` (edit ${failed.at + 1} of ${edits.length}, ${edits[failed.at]?.do})` : "";
    throw new MondoError("refused", `${what}${place}`, {
      hint: msg`${todo} Nothing was written.`,
      data: { edit: failed.at },
    });
  }
  const had = new Set(flawsOf(saved).map(({ what }) => what));
  const edited = followed(saved, layout);
  return { layout: edited, flaws: flawsOf(edited).filter(({ what }) => !had.has(what)) };
}

/** Refuses a layout that would not work. Throws `refused` with each reason. */
export function requireNoFlaws(flaws: readonly Flaw[]): void {
  const grave = flaws.filter(({ weight }) => weight === "stops");
  const [first, ...more] = grave;
  if (!first) return;
  throw new MondoError("refused", [msg`the edited layout would not work:`, ...grave.map(flawWords)].join("\n"), {
    hint: msg`${more.length === 0 ? first.todo : msg`Change the edits.`} Nothing was written.`,
    data: { flaws: grave.map(({ what }) => what) },
  });
}
