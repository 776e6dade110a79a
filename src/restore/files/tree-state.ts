/** Where somebody is in the tree of a backup, and what their answers do. Pure. */
import { hasWildcards } from "../../archive/catalog/pattern.ts";
import type { Amount, Child, Listing } from "../../archive/catalog/tree-listing.ts";
import { nameOf, parentOf } from "../../archive/tree/paths.ts";
import type { ByteString } from "../../base/bytes.ts";
import { choiceOf, hasPatterns, type Mark, type Marks, markOf, markPath, markPattern } from "./marks.ts";

/** Where somebody is, and what they have marked. */
export interface TreeState {
  readonly directory: ByteString;
  readonly marks: Marks;
  /** The child that is looked at. */
  readonly at?: ByteString;
  /** First child that is shown where questions are lines. */
  readonly top: number;
}

/** What an answer does in the tree; children are positions in the listing. */
export type TreeStep =
  | { readonly do: "open"; readonly child: number }
  | { readonly do: "toggle"; readonly child: number }
  | { readonly do: "mark"; readonly children: readonly number[]; readonly isOn: boolean }
  | { readonly do: "mark-pattern"; readonly pattern: string; readonly isOn: boolean }
  | { readonly do: "page"; readonly by: 1 | -1 }
  | { readonly do: "up" };

/** What an answer asks for beyond the tree. */
export type TreeWish =
  | { readonly do: "go" }
  | { readonly do: "leave" }
  | { readonly do: "find"; readonly text?: string };

export const FIRST_STATE: TreeState = { directory: "" as ByteString, marks: [], top: 0 };

/** Children that are shown at once where questions are lines. */
export const PAGE_ROWS = 20;

/** The path of a child. */
export const pathIn = ({ directory }: Pick<Listing, "directory">, { name }: Pick<Child, "name">): ByteString =>
  (directory === "" ? name : `${directory}/${name}`) as ByteString;

/** How a child is marked: as the catalog was counted, where patterns are among the marks. */
export function markOfChild(marks: Marks, listing: Listing, child: Child): Mark {
  if (!hasPatterns(marks)) return markOf(marks, pathIn(listing, child));
  return child.chosen.entries === 0 ? "none" : child.chosen.entries === child.entries ? "all" : "some";
}

/** A directory, entered. */
const entered = (state: TreeState, directory: ByteString, at?: ByteString): TreeState => ({
  marks: state.marks,
  directory,
  top: 0,
  ...(at === undefined ? {} : { at }),
});

const onlyAmount = ({ entries, bytes }: Amount): Amount => ({ entries, bytes });

function marked(state: TreeState, listing: Listing, children: readonly number[], isOn: boolean): TreeState {
  const found = children.flatMap((at) => listing.children[at] ?? []);
  const marks = found.reduce(
    (all, child) => markPath(all, pathIn(listing, child), isOn, onlyAmount(child)),
    state.marks,
  );
  const last = found.at(-1);
  return { ...state, marks, ...(last ? { at: last.name } : {}) };
}

/** What a step does. */
export function stepInTree(state: TreeState, step: TreeStep, listing: Listing): TreeState {
  switch (step.do) {
    case "open": {
      const child = listing.children[step.child];
      if (child?.kind === "directory") return entered(state, pathIn(listing, child));
      return stepInTree(state, { do: "toggle", child: step.child }, listing);
    }
    case "toggle": {
      const child = listing.children[step.child];
      return child ? marked(state, listing, [step.child], markOfChild(state.marks, listing, child) !== "all") : state;
    }
    case "mark":
      return marked(state, listing, step.children, step.isOn);
    case "mark-pattern":
      return { ...state, marks: markPattern(state.marks, step.pattern, step.isOn) };
    case "page": {
      const top = state.top + step.by * PAGE_ROWS;
      return top >= 0 && top < listing.children.length ? { ...state, top } : state;
    }
    case "up":
      return state.directory === "" ? state : entered(state, parentOf(state.directory), nameOf(state.directory));
  }
}

/** What a search for a text looks for: names that contain it, unless it is a pattern or a path itself. */
export const patternFor = (text: string): string => (text.includes("/") || hasWildcards(text) ? text : `*${text}*`);

/** What is marked. */
export const choiceIn = ({ marks }: TreeState) => choiceOf(marks);
