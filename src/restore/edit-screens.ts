/** The screens of the layout's editor, as data, and what is wrong with a value while it is typed. Pure. */
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { calledOf } from "../layout/graph.ts";
import { showLayout } from "../layout/show-layout.ts";
import { type Layout, nodeById, nodesOf } from "../layout/types.ts";
import type { Edit } from "../plan/edit/edit.ts";
import { findNode, isDevice } from "../plan/edit/find-node.ts";
import { flawWords } from "../plan/edit/flaw.ts";
import { type NodeRole, rolesOf } from "../plan/edit/node-roles.ts";
import { type EditSession, viewOf, withEdit } from "../plan/edit/session.ts";
import { editFromWord, setMeanings } from "../plan/edit/word-edits.ts";
import type { Block, Choice, Screen } from "../ui/screens/screen.ts";

const TITLE = msg`Change the layout`;
const BACK: Choice = { key: "back", label: msg`Back` };

/** What is not there yet, by the answer: the key that makes it, how its name is asked for, and what that may be. */
export const NEW_NODES = {
  "a further disk": {
    key: "disk",
    label: msg`A further disk`,
    name: msg`Name of the new disk (sdb)`,
    takes: msg`Please type small letters and digits, such as sdb.`,
  },
  "a new group": {
    key: "group",
    label: msg`A new volume group`,
    name: msg`Name of the new group (vg1)`,
    takes: msg`Please type letters, digits, dots and hyphens, such as vg1; LVM keeps some names for itself.`,
  },
} as const;

const treeOf = (layout: Layout): readonly string[] => showLayout(layout, "brief").trimEnd().split("\n");
/** On plain lines the tree stands above the first question; it is not said again with each. */
const TREE_AGAIN = { plain: [] } as const;

const HELP = [
  msg`The layout as it will be made: disks, what lies on them, and where that is mounted. Each change is tried at once; what would not work is said, and nothing is written to a disk.`,
  msg`A change is what, of that what, and the new value; changes are done one after the other. Sizes: 20g, 700m, 50% of the disk or the group, rest.`,
  msg`mondo help edit has all of it, for --set on a command line. A saved file of changes is for --edit, and for this screen in another session.`,
];

function editorChoices({ edits, undone }: EditSession): Choice[] {
  const isEdited = edits.length > 0;
  return [
    { key: "change", label: msg`Change something` },
    ...(isEdited ? [{ key: "undo", label: msg`Undo the last change` }] : []),
    ...(undone.length > 0 ? [{ key: "redo", label: msg`Redo what was undone` }] : []),
    ...(isEdited
      ? [
          { key: "reload", label: msg`Drop all changes` },
          { key: "save", label: msg`Save the changes to a file` },
        ]
      : []),
    { key: "load", label: msg`Load changes, or a mountlist.txt, from a file` },
    { key: "done", label: msg`Go on with this layout` },
    { ...BACK, label: msg`Back, without what was changed here` },
  ];
}

/** The layout as a tree, what would not work with it, and what can be done. */
export function editorScreen(session: EditSession): Screen {
  const { layout, flaws } = viewOf(session);
  const warning: Block[] = flaws.length === 0 ? [] : [{ kind: "warning", lines: flaws.map(flawWords) }];
  const { edits } = session;
  const changes: Block[] =
    edits.length === 0 ? [] : [{ kind: "text", lines: [msg`Changes so far: ${edits.length}`], plain: [] }];
  return {
    title: TITLE,
    body: [...warning, ...changes, { kind: "fixed", lines: treeOf(layout) }],
    question: { kind: "choice", text: msg`The layout to restore`, choices: editorChoices(session), initial: "change" },
    help: HELP,
  };
}

/** The last word before changes are given up. */
export function dropScreen({ edits }: EditSession): Screen {
  return {
    title: TITLE,
    body: [],
    question: {
      kind: "choice",
      text: msg`Shall what was changed here be dropped?`,
      choices: [
        { key: "drop", label: msg`Yes: the layout stays as it was before` },
        { key: "back", label: msg`No, back to the layout` },
      ],
      initial: "back",
    },
    help: [msg`There are ${edits.length} changes. The editor can save them to a file before.`],
  };
}

/**
 * Everything that can be changed. Keys are names that `findNode()` takes for nothing else: paths; of a group its id, as
 * a mount point or a device may have its name.
 */
export function nodesScreen(layout: Layout): Screen {
  const mounts = nodesOf(layout, "mount").map(({ path, of }) => {
    const fs = nodeById(layout, of);
    return { key: path, label: fs?.kind === "filesystem" ? msg`${path} (file system, ${fs.type})` : path };
  });
  const devices = layout.nodes.filter(isDevice).map(({ path }) => ({ key: path, label: path }));
  const groups = nodesOf(layout, "volume-group").map((group) => ({ key: group.id, label: calledOf(group) }));
  const fresh = Object.entries(NEW_NODES).map(([key, { label }]) => ({ key, label }));
  const choices: readonly Choice[] = [...mounts, ...devices, ...groups, ...fresh, BACK];
  return {
    title: msg`${TITLE}: what of it`,
    body: [{ kind: "fixed", lines: treeOf(layout), ...TREE_AGAIN }],
    question: {
      kind: "choice",
      text: msg`What shall be changed?`,
      choices,
      initial: choices[0]?.key ?? BACK.key,
    },
    help: [msg`File systems are named by where they are mounted, everything else by its device or its name.`, ...HELP],
  };
}

/** What a person calls a node that is named by its id or otherwise. */
function calledIn(layout: Layout, name: string): string {
  const node = nodeById(layout, name);
  return node ? calledOf(node) : name;
}

/** What a node with a name can be changed in. */
export function keysOf(layout: Layout, name: string): string[] {
  const roles: readonly NodeRole[] = rolesOf(layout, findNode(layout, name));
  return Object.entries(setMeanings).flatMap(([key, { of }]) => (of.some((role) => roles.includes(role)) ? key : []));
}

/** What of a node shall be changed. */
export function keysScreen(layout: Layout, name: string): Screen {
  const choices = keysOf(layout, name).map((key): Choice => {
    const { help = "", value = "", example = "" } = setMeanings[key] ?? {};
    return { key, label: msg`${key}: ${help}`, detail: msg`${value}. For example: ${example}` };
  });
  const called = calledIn(layout, name);
  return {
    title: msg`${TITLE}: ${called}`,
    body: [{ kind: "fixed", lines: treeOf(layout), ...TREE_AGAIN }],
    question: {
      kind: "choice",
      text: msg`What of ${called}?`,
      choices: [...choices, BACK],
      initial: choices[0]?.key ?? BACK.key,
    },
    help: [
      msg`What each takes, with an example:`,
      ...choices.map(({ key }) => msg`${key}: ${`${setMeanings[key]?.takes} ${setMeanings[key]?.example}`}`),
      ...HELP,
    ],
  };
}

/** Whether there can be an edit that makes something of that name. */
function isName(key: string, name: string): boolean {
  const { example = "" } = setMeanings[key] ?? {};
  return "edit" in editOf(name, key, example.slice(example.indexOf("=") + 1));
}

/** The name of what is not there yet. */
export function newNameScreen(kind: keyof typeof NEW_NODES): Screen {
  const { key, label, name, takes } = NEW_NODES[kind];
  return {
    title: msg`${TITLE}: ${label}`,
    body: [
      {
        kind: "text",
        lines: [msg`It need not be the name that it gets later: a disk is chosen by what it is.`],
        plain: [],
      },
    ],
    question: { kind: "line", text: name, check: (line) => (isName(key, line.trim()) ? undefined : takes) },
    help: HELP,
  };
}

/** The edit that a value means; what is wrong with it, where it means none. */
export function editOf(
  name: string,
  key: string,
  value: string,
): { readonly edit: Edit } | { readonly complaint: string } {
  try {
    return { edit: editFromWord(`${name}.${key}=${value.trim()}`) };
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    return { complaint: msg`Not a value yet. Expected: ${setMeanings[key]?.value}` };
  }
}

/** Why a value can't be had; undefined: it can. */
export function complainAboutValue(session: EditSession, name: string, key: string, value: string): string | undefined {
  const meant = editOf(name, key, value);
  if ("complaint" in meant) return meant.complaint;
  const edited = withEdit(session, meant.edit);
  return "flaw" in edited ? flawWords(edited.flaw) : undefined;
}

/** As that; else the first thing that would not work with this value, and did before. */
export function adviseOnValue(session: EditSession, name: string, key: string, value: string): string | undefined {
  const meant = editOf(name, key, value);
  if ("complaint" in meant) return meant.complaint;
  const edited = withEdit(session, meant.edit);
  if ("flaw" in edited) return flawWords(edited.flaw);
  const had = new Set(viewOf(session).flaws.map(({ what }) => what));
  return viewOf(edited.session).flaws.find(({ what }) => !had.has(what))?.what;
}

/** The new value. */
export function valueScreen(session: EditSession, name: string, key: string): Screen {
  const { takes = "", example = "", value = "" } = setMeanings[key] ?? {};
  const called = calledIn(session.bare, name);
  return {
    title: msg`${TITLE}: ${called}.${key}`,
    body: [
      { kind: "text", lines: [takes, msg`For example: ${example}`] },
      { kind: "fixed", lines: treeOf(session.bare), ...TREE_AGAIN },
    ],
    question: {
      kind: "line",
      text: msg`Value of ${called}.${key} (${value})`,
      check: (line) => complainAboutValue(session, name, key, line),
      advice: (typed) => adviseOnValue(session, name, key, typed),
    },
    help: HELP,
  };
}

/** The file that changes are saved to or loaded from. */
export function fileScreen(what: "save" | "load", initial: string): Screen {
  const lines =
    what === "save"
      ? [msg`The changes go to this file, for --edit, for answers, and for "Load changes" in another session.`]
      : [
          msg`A file that was saved here or by --save-edits, or a mountlist.txt of Mondo. Its changes replace those so far.`,
        ];
  return {
    title: msg`${TITLE}: ${what === "save" ? msg`to a file` : msg`from a file`}`,
    body: [{ kind: "text", lines, plain: [] }],
    question: { kind: "line", text: msg`File`, initial },
    help: HELP,
  };
}

/** A screen whose line may be left empty to go back, and says so; undefined where an empty line is an answer. */
export function withEmptyForBack(screen: Screen): Screen | undefined {
  const { question } = screen;
  if (question.kind !== "line" || question.initial !== undefined || question.check?.("") === undefined)
    return undefined;
  const { text, check } = question;
  const orBack = msg`${text}, or Enter to go back`;
  return {
    ...screen,
    question: { ...question, text: orBack, check: (line) => (line.trim() === "" ? undefined : check(line)) },
  };
}
