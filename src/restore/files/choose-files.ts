import { matcherOf } from "../../archive/catalog/pattern.ts";
import type { Amount, Listing, TreeReader } from "../../archive/catalog/tree-listing.ts";
import { parentOf } from "../../archive/tree/paths.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { present } from "../../ui/present.ts";
import type { RestoreContext } from "../context.ts";
import { amountOf, hasPatterns, markPattern } from "./marks.ts";
import { findScreen, foundScreen, LINE_HELP, stepOfAnswer, stepOfLine, treeLines, treeScreen } from "./tree-screens.ts";
import { choiceIn, patternFor, stepInTree, type TreeState, type TreeStep, type TreeWish } from "./tree-state.ts";

type Talk = Pick<RestoreContext, "ask" | "reporter">;

/** Names of a search that are shown. */
const MOST_SHOWN = 500;

const isCancelled = (error: unknown): boolean => error instanceof MondoError && error.code === "cancelled";

/** What the marks take; of patterns the catalog is asked. */
function totalOf(reader: TreeReader, state: TreeState): Amount {
  return amountOf(state.marks) ?? reader.count(choiceIn(state));
}

const listingOf = (reader: TreeReader, state: TreeState): Listing =>
  reader.list(state.directory, hasPatterns(state.marks) ? choiceIn(state) : undefined);

/** Why a typed line is no step. */
function complaintAbout(step: TreeStep | TreeWish | undefined): string | undefined {
  if (!step) return LINE_HELP.join("\n");
  if (step.do !== "mark-pattern") return undefined;
  try {
    matcherOf([step.pattern]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function askStep(
  { ask, reporter }: Talk,
  state: TreeState,
  listing: Listing,
  total: Amount,
): Promise<TreeStep | TreeWish> {
  if (ask.show) {
    try {
      return stepOfAnswer(await ask.show(treeScreen(state, listing, total)), state, listing);
    } catch (error) {
      if (isCancelled(error)) return state.directory === "" ? { do: "leave" } : { do: "up" };
      throw error;
    }
  }
  for (const line of treeLines(state, listing, total)) reporter.info(line);
  const line = await ask.line(msg`Files (? for help)`, {
    check: (text) => complaintAbout(stepOfLine(text, listing)),
  });
  return stepOfLine(line, listing) ?? { do: "leave" };
}

/** Looks for a text or pattern, and marks what is found, if that is wanted. */
async function search({ ask, reporter }: Talk, reader: TreeReader, state: TreeState, text: string): Promise<TreeState> {
  const pattern = patternFor(text.trim());
  const found = reader.find(pattern, MOST_SHOWN);
  const answer = await present(ask, reporter.info, foundScreen(pattern, found));
  const [first] = found.first;
  if (answer === "open" && first) {
    const at = first.path.slice(first.path.lastIndexOf("/") + 1) as typeof first.path;
    return { ...state, directory: parentOf(first.path), at, top: 0 };
  }
  if (answer !== "mark" && answer !== "unmark") return state;
  return { ...state, marks: markPattern(state.marks, pattern, answer === "mark") };
}

async function find(talk: Talk, reader: TreeReader, state: TreeState, text: string | undefined): Promise<TreeState> {
  try {
    const wanted = text ?? (await present(talk.ask, talk.reporter.info, findScreen));
    return await search(talk, reader, state, wanted);
  } catch (error) {
    if (isCancelled(error)) return state;
    // A pattern that can't be is no reason to lose the marks.
    if (!(error instanceof MondoError) || error.code !== "usage") throw error;
    talk.reporter.warn(`${messageOf(error)}${error.hint === undefined ? "" : `. ${error.hint}`}`);
    return state;
  }
}

/**
 * Lets a person mark what is to be restored. Where they were, with their marks; undefined: they left without any. Only
 * the catalog is read.
 */
export async function chooseFiles(talk: Talk, reader: TreeReader, before: TreeState): Promise<TreeState | undefined> {
  let state = before;
  if (!talk.ask.show) for (const line of LINE_HELP) talk.reporter.info(line);
  for (;;) {
    const listing = listingOf(reader, state);
    const total = totalOf(reader, state);
    const step = await askStep(talk, state, listing, total);
    if (step.do === "leave") {
      const isLost = total.entries > 0;
      if (
        !isLost ||
        (await talk.ask.confirm(msg`Leave, and restore nothing of what is marked?`, false).catch(() => false))
      )
        return undefined;
    } else if (step.do === "find") state = await find(talk, reader, state, step.text);
    else if (step.do !== "go") state = stepInTree(state, step, listing);
    else if (total.entries > 0) return state;
    else talk.reporter.warn(msg`Nothing is marked`);
  }
}
