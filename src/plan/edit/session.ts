import type { Layout } from "../../layout/types.ts";
import { applyEdit } from "./apply-edit.ts";
import type { Edit } from "./edit.ts";
import { editLayout } from "./edit-layout.ts";
import type { Flaw } from "./flaw.ts";

/** Edits as a person makes them, one after the other. Plain data; every function gives another session. */
export interface EditSession {
  /** The layout that was saved. */
  readonly saved: Layout;
  readonly edits: readonly Edit[];
  /** Taken back, the latest last. */
  readonly undone: readonly Edit[];
  /** After the edits, without what follows from them. */
  readonly bare: Layout;
}

/** What to show of a session. */
export interface EditView {
  /** With all that follows. */
  readonly layout: Layout;
  readonly flaws: readonly Flaw[];
}

/** A session with these edits; throws `refused` if one of them can't be done. */
export function editSession(saved: Layout, edits: readonly Edit[] = []): EditSession {
  let session: EditSession = { saved, edits: [], undone: [], bare: saved };
  // Throws with the number of the edit.
  editLayout(saved, edits);
  for (const edit of edits) {
    const next = withEdit(session, edit);
    if ("session" in next) session = next.session;
  }
  return session;
}

/** The session with one more edit, or why it can't be done. */
export function withEdit(
  session: EditSession,
  edit: Edit,
): { readonly session: EditSession } | { readonly flaw: Flaw } {
  const edited = applyEdit(session.bare, edit);
  if ("flaw" in edited) return edited;
  return { session: { ...session, edits: [...session.edits, edit], undone: [], bare: edited.layout } };
}

/** Without the last edit; the same session where there is none. */
export function undo(session: EditSession): EditSession {
  const last = session.edits.at(-1);
  if (!last) return session;
  const { edits, bare } = editSession(session.saved, session.edits.slice(0, -1));
  return { saved: session.saved, edits, bare, undone: [...session.undone, last] };
}

/** With the edit that was taken back last; the same session where there is none. */
export function redo(session: EditSession): EditSession {
  const last = session.undone.at(-1);
  const next = last && withEdit(session, last);
  return next && "session" in next ? { ...next.session, undone: session.undone.slice(0, -1) } : session;
}

/** What the edits so far come to. */
export const viewOf = ({ saved, edits }: EditSession): EditView => editLayout(saved, edits);
