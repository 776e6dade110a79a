import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { calledOf } from "../layout/graph.ts";
import { showLayout } from "../layout/show-layout.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { type Edit, encodeEdits } from "../plan/edit/edit.ts";
import { isDevice } from "../plan/edit/find-node.ts";
import { flawWords } from "../plan/edit/flaw.ts";
import { type EditSession, editSession, redo, undo, viewOf, withEdit } from "../plan/edit/session.ts";
import { editFromWord, setMeanings } from "../plan/edit/word-edits.ts";
import type { Choice } from "../ui/ask.ts";
import type { RestoreContext } from "./context.ts";
import { editsIn } from "./edits-in.ts";

type Talk = Pick<RestoreContext, "host" | "ask" | "reporter">;

const BACK: Choice = { key: "back", label: msg`Back` };
const NEW_DISK = "a further disk";
const FILE = "/tmp/edits.json";

/** Everything that can be changed, by the name that a person knows. */
function nodeChoices(layout: Layout): Choice[] {
  const mounts = nodesOf(layout, "mount").map(({ path }) => ({ key: path, label: msg`${path} (file system)` }));
  const devices = layout.nodes.filter(isDevice).map(({ path }) => ({ key: path, label: path }));
  const groups = nodesOf(layout, "volume-group").map((group) => ({ key: group.name, label: calledOf(group) }));
  return [...mounts, ...devices, ...groups, { key: NEW_DISK, label: msg`A further disk` }, BACK];
}

const keyChoices: readonly Choice[] = [
  ...Object.entries(setMeanings).map(([key, { value, help }]) => ({ key, label: `${key}: ${help} (${value})` })),
  BACK,
];

/** Asks for one change; undefined: none. */
async function askEdit({ ask, reporter }: Talk, layout: Layout): Promise<Edit | undefined> {
  const node = await ask.menu(msg`What shall be changed?`, nodeChoices(layout));
  if (node === BACK.key) return undefined;
  const isDisk = node === NEW_DISK;
  const name = isDisk ? await ask.line(msg`Name of the new disk (sdb)`) : node;
  const key = isDisk ? "disk" : await ask.menu(msg`What of ${node}?`, keyChoices);
  if (key === BACK.key) return undefined;
  const value = key === "remove" ? "yes" : await ask.line(msg`Value of ${name}.${key} (${setMeanings[key]?.value})`);
  try {
    return editFromWord(`${name}.${key}=${value.trim()}`);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    reporter.warn(`${messageOf(error)}. ${error.hint ?? ""}`.trim());
    return undefined;
  }
}

function show({ reporter }: Talk, session: EditSession): void {
  const { layout, flaws } = viewOf(session);
  for (const line of showLayout(layout).trimEnd().split("\n")) reporter.info(line);
  for (const flaw of flaws) reporter.warn(flawWords(flaw));
}

/** What each choice does to the session. */
async function step(talk: Talk, session: EditSession, choice: string): Promise<EditSession> {
  const { ask, host, reporter } = talk;
  if (choice === "undo") return undo(session);
  if (choice === "redo") return redo(session);
  if (choice === "reload") return editSession(session.saved);
  if (choice === "save") {
    const path = await ask.line(msg`File`, { initial: FILE });
    host.write(path, encodeEdits(session.edits), 0o644);
    reporter.info(msg`${session.edits.length} changes are in ${path}`);
    return session;
  }
  if (choice === "load")
    return editSession(session.saved, editsIn(host, await ask.line(msg`File`, { initial: FILE }), session.saved));
  const edit = await askEdit(talk, session.bare);
  if (!edit) return session;
  const edited = withEdit(session, edit);
  if ("session" in edited) return edited.session;
  reporter.warn(flawWords(edited.flaw));
  return session;
}

const choicesOf = ({ edits, undone }: EditSession): Choice[] => [
  { key: "change", label: msg`Change something` },
  ...(edits.length > 0 ? [{ key: "undo", label: msg`Undo the last change` }] : []),
  ...(undone.length > 0 ? [{ key: "redo", label: msg`Redo what was undone` }] : []),
  ...(edits.length > 0
    ? [
        { key: "reload", label: msg`Drop all changes` },
        { key: "save", label: msg`Save the changes to a file` },
      ]
    : []),
  { key: "load", label: msg`Load changes, or a mountlist.txt, from a file` },
  { key: "done", label: msg`Go on with this layout` },
];

/** Lets a person change a layout, change by change; returns the changes. Nothing is written but what is saved. */
export async function editByQuestions(talk: Talk, saved: Layout, edits: readonly Edit[]): Promise<readonly Edit[]> {
  let session = editSession(saved, edits);
  for (;;) {
    show(talk, session);
    const choice = await talk.ask.menu(msg`The layout to restore`, choicesOf(session));
    if (choice === "done") return session.edits;
    try {
      session = await step(talk, session, choice);
    } catch (error) {
      if (!(error instanceof MondoError) || error.code === "cancelled") throw error;
      talk.reporter.warn(`${messageOf(error)}. ${error.hint ?? ""}`.trim());
    }
  }
}
