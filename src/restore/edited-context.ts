import { soundLayout } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Layout } from "../layout/types.ts";
import type { Edit } from "../plan/edit/edit.ts";
import { type EditedLayout, editLayout, requireNoFlaws } from "../plan/edit/edit-layout.ts";
import { type Flaw, flawWords } from "../plan/edit/flaw.ts";
import { lackingFlaws, neededFiles } from "../plan/edit/needed-files.ts";
import type { RestoreContext } from "./context.ts";
import { savedFiles } from "./saved-files.ts";

/** What the saved system lacks for an edited layout, by its catalog. */
function lacking({ manifest, setDirectory, locate, reporter }: RestoreContext, before: Layout, after: Layout): Flaw[] {
  const paths = neededFiles(before, after).flatMap((one) => one.paths);
  try {
    const there = paths.length === 0 ? new Set() : savedFiles({ manifest, directory: setDirectory, locate }, paths);
    return lackingFlaws(before, after, (path) => there.has(path));
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    reporter.warn(msg`Whether the saved system has what the edited layout needs can't be seen: ${messageOf(error)}`);
    return [];
  }
}

/** The layout of the set with edits, and all that would not work with it. Throws `refused`. */
export function editSet(context: RestoreContext, edits: readonly Edit[]): EditedLayout {
  const saved = context.unedited ?? soundLayout(context.manifest);
  const edited = editLayout(saved, edits);
  return { ...edited, flaws: [...edited.flaws, ...lacking(context, saved, edited.layout)] };
}

/**
 * The same restore of the set's layout with edits (default: those of the command line, or of the answers). Throws
 * `refused` with each reason why the restored system would not work.
 */
export function editedContext(
  context: RestoreContext,
  edits: readonly Edit[] = context.edits ?? context.answers?.edits ?? [],
): RestoreContext {
  const saved = context.unedited ?? context.manifest.layout;
  const { unedited: _, ...plain } = context;
  if (edits.length === 0) return { ...plain, manifest: { ...context.manifest, layout: saved } };
  const { layout, flaws } = editSet(context, edits);
  requireNoFlaws(flaws);
  for (const flaw of flaws) context.reporter.warn(flawWords(flaw));
  return { ...plain, edits, unedited: saved, manifest: { ...context.manifest, layout } };
}
