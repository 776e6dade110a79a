import { isCancelled, MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Layout } from "../layout/types.ts";
import { type Edit, encodeEdits } from "../plan/edit/edit.ts";
import { flawWords } from "../plan/edit/flaw.ts";
import { type EditSession, editSession, redo, undo, withEdit } from "../plan/edit/session.ts";
import { present } from "../ui/present.ts";
import type { Screen } from "../ui/screens/screen.ts";
import type { RestoreContext } from "./context.ts";
import {
  dropScreen,
  editOf,
  editorScreen,
  fileScreen,
  keysScreen,
  NEW_NODES,
  newNameScreen,
  nodesScreen,
  valueScreen,
  withEmptyForBack,
} from "./edit-screens.ts";
import { editsIn } from "./edits-in.ts";

type Talk = Pick<RestoreContext, "host" | "ask" | "reporter">;

const BACK = "back";
const FILE = "/tmp/edits.json";

/**
 * On full screens Escape leads back to the layout, elsewhere an empty line that is no answer. There ^C ends the
 * restore, as always.
 */
async function answerOrBack({ ask, reporter }: Talk, screen: Screen): Promise<string | undefined> {
  const orBack = ask.show ? undefined : withEmptyForBack(screen);
  try {
    const answer = (await present(ask, reporter.info, orBack ?? screen)).trim();
    return (answer === BACK && screen.question.kind === "choice") || (answer === "" && orBack) ? undefined : answer;
  } catch (error) {
    if (ask.show && isCancelled(error)) return undefined;
    throw error;
  }
}

/** What is to be changed: of which node, and what of it; undefined: nothing. */
async function askPlace(
  talk: Talk,
  layout: Layout,
): Promise<{ readonly name: string; readonly key: string } | undefined> {
  const node = await answerOrBack(talk, nodesScreen(layout));
  if (node === undefined) return undefined;
  if (Object.hasOwn(NEW_NODES, node)) {
    const kind = node as keyof typeof NEW_NODES;
    const name = await answerOrBack(talk, newNameScreen(kind));
    return name === undefined ? undefined : { name, key: NEW_NODES[kind].key };
  }
  const key = await answerOrBack(talk, keysScreen(layout, node));
  return key === undefined ? undefined : { name: node, key };
}

/** Asks for one change; undefined: none. */
async function askEdit(talk: Talk, session: EditSession): Promise<Edit | undefined> {
  const place = await askPlace(talk, session.bare);
  if (!place) return undefined;
  const { name, key } = place;
  const value = key === "remove" ? "yes" : await answerOrBack(talk, valueScreen(session, name, key));
  if (value === undefined) return undefined;
  const meant = editOf(name, key, value);
  if ("edit" in meant) return meant.edit;
  talk.reporter.warn(meant.complaint);
  return undefined;
}

/** What each choice does to the session. */
async function step(talk: Talk, session: EditSession, choice: string): Promise<EditSession> {
  const { host, reporter } = talk;
  if (choice === "undo") return undo(session);
  if (choice === "redo") return redo(session);
  if (choice === "reload") return editSession(session.saved);
  if (choice === "save" || choice === "load") {
    const path = await answerOrBack(talk, fileScreen(choice, FILE));
    if (path === undefined) return session;
    if (choice === "load") return editSession(session.saved, editsIn(host, path, session.saved));
    host.write(path, encodeEdits(session.edits), 0o644);
    reporter.info(msg`${session.edits.length} changes are in ${path}`);
    return session;
  }
  const edit = await askEdit(talk, session);
  if (!edit) return session;
  const edited = withEdit(session, edit);
  if ("session" in edited) return edited.session;
  reporter.warn(flawWords(edited.flaw));
  return session;
}

const sameEdits = (a: readonly Edit[], b: readonly Edit[]) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Lets a person change a layout, change by change, from `start` on; returns the changes, or `edits` where they go back.
 * Nothing is written but what is saved.
 */
export async function editByQuestions(
  talk: Talk,
  saved: Layout,
  edits: readonly Edit[],
  start = edits,
): Promise<readonly Edit[]> {
  let session = editSession(saved, start);
  for (;;) {
    const choice = await answerOrBack(talk, editorScreen(session));
    if (choice === "done") return session.edits;
    if (choice === undefined) {
      if (sameEdits(session.edits, edits) || (await answerOrBack(talk, dropScreen(session))) !== undefined)
        return edits;
      continue;
    }
    try {
      session = await step(talk, session, choice);
    } catch (error) {
      if (!(error instanceof MondoError) || error.code === "cancelled") throw error;
      talk.reporter.warn(`${messageOf(error)}. ${error.hint ?? ""}`.trim());
    }
  }
}
