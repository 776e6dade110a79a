/** The tree of a backup as screens, and as lines; both give the same steps. Pure. */

import type { Amount, Child, Found, Listing } from "../../archive/catalog/tree-listing.ts";
import { shown } from "../../archive/tree/paths.ts";
import { displayBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import type { Choice, Screen } from "../../ui/screens/screen.ts";
import type { Mark } from "./marks.ts";
import { markOfChild, PAGE_ROWS, type TreeState, type TreeStep, type TreeWish } from "./tree-state.ts";

const BOXES: Readonly<Record<Mark, string>> = { all: "[x]", some: "[-]", none: "[ ]" };
/** Columns of a name, so that sizes stand below each other. */
const NAME_COLUMNS = 44;

/** `1 entry, 12 B` */
export const amountWords = ({ entries, bytes }: Amount): string =>
  msg`${entries} ${entries === 1 ? "entry" : "entries"}, ${formatBytes(bytes)}`;

const KIND_WORDS: Readonly<Partial<Record<Child["kind"], string>>> = {
  symlink: msg`symbolic link`,
  hardlink: msg`hard link`,
  char: msg`device`,
  block: msg`device`,
  fifo: msg`pipe`,
  socket: msg`socket`,
};

function childLine(state: TreeState, listing: Listing, child: Child): string {
  const isDirectory = child.kind === "directory";
  const name = `${displayBytes(child.name)}${isDirectory ? "/" : ""}`;
  const what = isDirectory ? amountWords(child) : (KIND_WORDS[child.kind] ?? formatBytes(child.bytes));
  return `${BOXES[markOfChild(state.marks, listing, child)]} ${name.padEnd(NAME_COLUMNS)} ${what}`;
}

const directoryWords = ({ directory }: TreeState): string => (directory === "" ? "/" : shown(directory));

const HELP: readonly string[] = [
  msg`Mark what is to be restored: a directory brings all that is below it. Nothing is written before the last question.`,
  msg`Enter opens a directory, and marks a file or takes the mark away. Space does that to directories, too. Left goes up.`,
  msg`[x] all of it is marked; [-] a part of it; [ ] nothing.`,
  msg`Home goes to the search: by a part of a name, or by a pattern such as *.conf, /home/*/.ssh or /etc/**/*.pem.`,
];

/** Answers name children, not their places: they may be given again to another backup, in another language. */
const keyOf = ({ name }: Child): string => `in ${name}`;

/** A directory of the backup, with what is marked in it. */
export function treeScreen(state: TreeState, listing: Listing, total: Amount): Screen {
  const go: Choice = { key: "go", label: msg`Restore what is marked (${amountWords(total)})` };
  const standing: Choice[] = [
    { key: "find", label: msg`Search, and mark what is found` },
    ...(total.entries > 0 ? [go] : []),
    ...(state.directory === "" ? [] : [{ key: "up", label: "../", detail: msg`The directory above` }]),
  ];
  const children = listing.children.map(
    (child): Choice => ({ key: keyOf(child), label: childLine(state, listing, child) }),
  );
  const [first] = listing.children;
  const at = listing.children.find(({ name }) => name === state.at) ?? first;
  const initial = at ? keyOf(at) : "find";
  return {
    title: msg`Files: ${directoryWords(state)}`,
    body: [{ kind: "text", lines: [msg`Marked: ${amountWords(total)}`] }],
    question: {
      kind: "choice",
      text: msg`What shall be restored?`,
      choices: [...standing, ...children],
      initial,
      keys: { space: msg`mark`, left: msg`up` },
    },
    help: HELP,
  };
}

/** The step that an answer to `treeScreen` means. */
export function stepOfAnswer(
  answer: string,
  state: TreeState,
  { children }: Pick<Listing, "children">,
): TreeStep | TreeWish {
  const [, key, choice = answer] = /^(space|left) (.*)$/s.exec(answer) ?? [];
  if (key === "left" || choice === "up") return state.directory === "" ? { do: "leave" } : { do: "up" };
  const child = children.findIndex((one) => keyOf(one) === choice);
  if (child >= 0) return { do: key === "space" ? "toggle" : "open", child };
  return choice === "go" ? { do: "go" } : { do: "find" };
}

/** The same as lines, a page at a time. */
export function treeLines(state: TreeState, listing: Listing, total: Amount): string[] {
  const { children } = listing;
  const shownChildren = children.slice(state.top, state.top + PAGE_ROWS);
  const lines = shownChildren.map(
    (child, at) => `${String(state.top + at + 1).padStart(4)}  ${childLine(state, listing, child)}`,
  );
  const page =
    children.length > PAGE_ROWS
      ? msg`, ${state.top + 1} to ${state.top + shownChildren.length} of ${children.length}`
      : "";
  return [`${directoryWords(state)}${page}`, ...lines, msg`Marked: ${amountWords(total)}`];
}

export const LINE_HELP: readonly string[] = [
  msg`NUMBER opens a directory, and marks a file; .. goes up; n and p are the next page and the one before.`,
  msg`+3,5-7 marks, -3 takes the mark away; +*.conf marks by pattern, -*.tmp takes such marks away.`,
  msg`/TEXT searches for names; go restores what is marked; back leaves.`,
];

/** Positions of `1,3-5`; undefined: it is no list of numbers. */
function positionsOf(text: string, count: number): number[] | undefined {
  const positions: number[] = [];
  for (const part of text.split(",")) {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    if (from === undefined || Number(from) < 1 || Number(to) > count || Number(to) < Number(from)) return undefined;
    for (let at = Number(from); at <= Number(to); at++) positions.push(at - 1);
  }
  return positions;
}

const WORDS: ReadonlyMap<string, TreeStep | TreeWish> = new Map<string, TreeStep | TreeWish>([
  ["..", { do: "up" }],
  ["n", { do: "page", by: 1 }],
  ["p", { do: "page", by: -1 }],
  ["go", { do: "go" }],
  ["back", { do: "leave" }],
]);

/** The step that a typed line means; undefined: it means nothing. */
export function stepOfLine(line: string, { children }: Pick<Listing, "children">): TreeStep | TreeWish | undefined {
  const text = line.trim();
  const word = WORDS.get(text);
  if (word) return word;
  if (/^\d+$/.test(text)) {
    const [child] = positionsOf(text, children.length) ?? [];
    return child === undefined ? undefined : { do: "open", child };
  }
  if (text.startsWith("/") && text.length > 1) return { do: "find", text: text.slice(1) };
  const sign = text[0];
  const rest = text.slice(1).trim();
  if ((sign !== "+" && sign !== "-") || rest === "") return undefined;
  const isOn = sign === "+";
  const positions = /^[\d,\s-]+$/.test(rest) ? positionsOf(rest, children.length) : undefined;
  if (positions) return { do: "mark", children: positions, isOn };
  return /^[\d,\s-]+$/.test(rest) ? undefined : { do: "mark-pattern", pattern: rest, isOn };
}

const BACK: Choice = { key: "back", label: msg`Back` };

/** What a search has found. */
export function foundScreen(pattern: string, found: Found): Screen {
  const lines = found.first.map(({ path, kind, bytes }) =>
    `${shown(path)}${kind === "directory" ? "/" : ""}  ${kind === "file" ? formatBytes(bytes) : ""}`.trimEnd(),
  );
  const more = found.entries - found.first.length;
  const none = found.entries === 0;
  const mark: Choice[] = none
    ? []
    : [
        { key: "mark", label: msg`Mark all of these (${amountWords(found)})` },
        { key: "unmark", label: msg`Take the marks from all of these` },
        { key: "open", label: msg`Go to the first of them in the tree` },
      ];
  return {
    title: msg`Files: ${pattern}`,
    body: [
      {
        kind: "fixed",
        lines: none
          ? [msg`Nothing in the backup matches.`]
          : [...lines, ...(more > 0 ? [msg`… and ${more} more`] : [])],
      },
    ],
    question: { kind: "choice", text: `${pattern}:`, choices: [...mark, BACK], initial: none ? "back" : "mark" },
    help: [msg`A directory that matches brings what is below it.`],
  };
}

/** Asks what to search for. */
export const findScreen: Screen = {
  title: msg`Files: search`,
  body: [
    {
      kind: "text",
      lines: [
        msg`A part of a name, or a pattern: *.conf in any directory, /home/*/.ssh from the root, ** across directories.`,
      ],
    },
  ],
  question: {
    kind: "line",
    text: msg`Search for`,
    check: (line) => (line.trim() === "" ? msg`Type a part of a name, or Esc to go back.` : undefined),
  },
};
