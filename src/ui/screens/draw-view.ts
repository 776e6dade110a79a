/** Draws views by ink, whose boxes lay the rows out. Loaded by load-drawer.ts only: no other command pays for it. */
import { Box, renderToString, Text, Transform } from "ink";
import { createElement as h, type ReactElement } from "react";
import type { Drawer, Drawing } from "./drawing.ts";
import type { Size, View } from "./view.ts";

const sgr = (on: string, off: string) => (text: string) => (text === "" ? "" : `\x1b[${on}m${text}\x1b[${off}m`);
const LOOKS = { strong: sgr("1", "22"), reverse: sgr("7", "27") } as const;

function row(key: string, text: string, look?: keyof typeof LOOKS): ReactElement {
  // An empty text has no height.
  const words = h(Text, { wrap: "truncate", key }, text === "" ? " " : text);
  return look === undefined ? words : h(Transform, { key, transform: LOOKS[look] }, words);
}

function questionRow({ question, where }: View): ReactElement {
  const room = h(Box, { key: "room", flexGrow: 1 });
  const shown = [row("text", question, "strong"), room, h(Box, { key: "where", flexShrink: 0 }, row("at", where))];
  return h(Box, { key: "question", height: 1, flexShrink: 0 }, ...shown);
}

function choiceRows({ choices }: View): ReactElement[] {
  return choices.map(({ text, isSelected }, at) =>
    row(`choice${at}`, `${isSelected ? ">" : " "}${text}`, isSelected ? "reverse" : undefined),
  );
}

/** See `Drawer`. */
export const drawView: Drawer = (view, { columns, rows }, glyphs) => {
  const width = columns - 1;
  const shown = { ...view, title: glyphs.shown(view.title), question: glyphs.shown(view.question) };
  const choices = view.choices.map((choice) => ({ ...choice, text: glyphs.shown(choice.text) }));
  const field = view.field === undefined ? [] : [row("field", glyphs.shown(view.field))];
  const note = (view.note ?? []).map((text, at) => row(`note${at}`, glyphs.shown(text)));
  const body = view.body.map(({ text, strong }, at) => row(`body${at}`, text, strong ? "strong" : undefined));
  const tree = h(
    Box,
    { flexDirection: "column", width, height: rows },
    row("title", ` ${shown.title}`.slice(0, width).padEnd(width), "reverse"),
    row("gap", ""),
    h(Box, { key: "body", flexDirection: "column", flexGrow: 1, flexShrink: 1, overflow: "hidden" }, ...body),
    questionRow(shown),
    h(Box, { key: "answers", flexDirection: "column", flexShrink: 0 }, ...choiceRows({ ...shown, choices }), ...field),
    h(Box, { key: "end", flexDirection: "column", flexShrink: 0 }, ...note, row("keys", view.keys)),
  );
  return { text: renderToString(tree, { columns: width }), cursor: cursorOf(view, { columns, rows }) };
};

/** On the selected choice, or behind what is typed: there, a braille display and a screen reader look. */
function cursorOf({ choices, field, note, keys }: View, { columns, rows }: Size): Drawing["cursor"] {
  const below = 1 + (note?.length ?? 0);
  const selected = choices.findIndex(({ isSelected }) => isSelected);
  if (selected >= 0) return { row: rows - below - choices.length + selected, column: 0 };
  if (field !== undefined && field !== "")
    return { row: rows - below - 1, column: Math.min(columns - 1, field.length) };
  return { row: rows - 1, column: Math.min(columns - 1, keys.length) };
}
