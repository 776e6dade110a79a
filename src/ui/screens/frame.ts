/** A character with how it is shown. */
export interface Cell {
  readonly char: string;
  readonly look: Look;
}

/** How a character is shown. */
export type Look = "plain" | "strong" | "reverse";

/** What is on a terminal: rows of cells, as far as they are not blank. */
export type Frame = readonly (readonly Cell[])[];

const ESC = "\x1b";
const LOOKS: Readonly<Record<string, Look>> = {
  "1": "strong",
  "7": "reverse",
  "0": "plain",
  "22": "plain",
  "27": "plain",
};
/** Select graphic rendition. Source: ECMA-48, 8.3.117. */
const SGR: Readonly<Record<Look, string>> = { plain: `${ESC}[m`, strong: `${ESC}[0;1m`, reverse: `${ESC}[0;7m` };
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const PART = /\x1b\[([0-9;]*)m|([\s\S])/gu;

/** A blank at which no line breaks: few fonts of consoles have it. */
const NO_BREAK = "\u00a0";

function rowOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let look: Look = "plain";
  for (const [, code, char] of line.matchAll(PART)) {
    if (code !== undefined) look = LOOKS[code] ?? "plain";
    else if (char !== undefined) cells.push({ char: char === NO_BREAK ? " " : char, look });
  }
  while (cells.length > 0 && isBlank(cells.at(-1))) cells.pop();
  return cells;
}

const isBlank = (cell: Cell | undefined) => cell === undefined || (cell.char === " " && cell.look !== "reverse");

/** Rows from text whose looks are SGR 1, 7 and their ends; whatever is too much for the size is cut off. Pure. */
export function frameOf(text: string, columns: number, rows: number): Frame {
  return text
    .split("\n")
    .slice(0, rows)
    .map((line) => rowOf(line).slice(0, columns));
}

const BLANK: Cell = { char: " ", look: "plain" };
const sameCell = (a: Cell, b: Cell) => (isBlank(a) && isBlank(b)) || (a.char === b.char && a.look === b.look);
const move = (row: number, column: number) => `${ESC}[${row + 1};${column + 1}H`;

/** Cells that stay between two that change are sent again where a move of the cursor takes as many bytes. */
const MOVE_BYTES = 7;

/** Stretches of a row that differ, as half-open ranges. */
function changes(before: readonly Cell[], after: readonly Cell[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
    if (sameCell(before[at] ?? BLANK, after[at] ?? BLANK)) continue;
    const last = ranges.at(-1);
    if (last && at - last[1] <= MOVE_BYTES) last[1] = at + 1;
    else ranges.push([at, at + 1]);
  }
  return ranges;
}

function rowUpdate(row: number, before: readonly Cell[], after: readonly Cell[]): string {
  let out = "";
  for (const [from, to] of changes(before, after)) {
    out += move(row, from);
    let look: Look = "plain";
    const end = to > after.length ? Math.max(from, after.length) : to;
    for (const cell of after.slice(from, end)) {
      if (cell.look !== look) out += SGR[cell.look];
      look = cell.look;
      out += cell.char;
    }
    if (look !== "plain") out += SGR.plain;
    // Nothing but blanks follows: erase to the end of the row.
    if (to > after.length) out += `${ESC}[K`;
  }
  return out;
}

const sameRow = (a: readonly Cell[] = [], b: readonly Cell[] = []) => changes(a, b).length === 0;

/** Rows `first` to `last` (inclusive) whose content moved up or down by one row. */
interface Shift {
  readonly first: number;
  readonly last: number;
  readonly by: 1 | -1;
}

/** Fewer rows than that are drawn, rather than moved. */
const LEAST_MOVED = 4;

/** The longest stretch of rows that moved by one; undefined where drawing is as good. */
function findShift(before: Frame, after: Frame): Shift | undefined {
  let best: Shift | undefined;
  for (const by of [1, -1] as const) {
    let start = -1;
    for (let row = 0; row <= after.length; row += 1) {
      const isThere = row < after.length && row + by >= 0 && row + by < after.length;
      const moved = isThere && !sameRow(before[row], after[row]) && sameRow(before[row + by], after[row]);
      if (moved && start < 0) start = row;
      if (moved || start < 0) continue;
      const shift = by === 1 ? { first: start, last: row, by } : { first: start - 1, last: row - 1, by };
      const size = row - start;
      if (size >= LEAST_MOVED && size > (best ? best.last - best.first : 0)) best = shift;
      start = -1;
    }
  }
  return best;
}

/** Scrolling region, and index or reverse index in it. Sources: VT220 Programmer Reference (DECSTBM, IND, RI). */
function scrollUpdate({ first, last, by }: Shift): string {
  const region = `${ESC}[${first + 1};${last + 1}r`;
  const step = by === 1 ? `${move(last, 0)}${ESC}D` : `${move(first, 0)}${ESC}M`;
  return `${region}${step}${ESC}[r`;
}

function shifted(before: Frame, { first, last, by }: Shift): Frame {
  return Array.from({ length: Math.max(before.length, last + 1) }, (_, row) => {
    if (row < first || row > last) return before[row] ?? [];
    const from = row + by;
    return from < first || from > last ? [] : (before[from] ?? []);
  });
}

/** What makes one frame of another, with no more bytes than that takes; the cursor ends at a place. Pure. */
export function updateOf(
  before: Frame,
  after: Frame,
  cursor: { readonly row: number; readonly column: number },
): string {
  const shift = findShift(before, after);
  const base = shift ? shifted(before, shift) : before;
  const rows = Array.from({ length: Math.max(base.length, after.length) }, (_, row) =>
    rowUpdate(row, base[row] ?? [], after[row] ?? []),
  ).join("");
  const body = `${shift ? scrollUpdate(shift) : ""}${rows}`;
  return `${body}${move(cursor.row, cursor.column)}`;
}

/** Clears a terminal, whatever a program before left in it. */
export const CLEAR = `${ESC}[r${ESC}[m${ESC}[H${ESC}[2J`;
