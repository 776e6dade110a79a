import { msg } from "../../base/message.ts";
import type { Glyphs } from "./glyphs.ts";
import { type BodyLine, bodyLines, cutAt, wrapLine } from "./layout-text.ts";
import type { Choice, Screen } from "./screen.ts";
import { choicesOf, type Extent, type ScreenState } from "./screen-state.ts";

/** Size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is to be seen, row by row, before anything is drawn. */
export interface View {
  readonly title: string;
  readonly body: readonly BodyLine[];
  /** Of what scrolls. */
  readonly extent: Extent;
  /** The question, and which lines of the body are seen. */
  readonly question: string;
  readonly where: string;
  readonly choices: readonly { readonly text: string; readonly isSelected: boolean }[];
  /** What is typed. */
  readonly field?: string;
  /** What the selected choice means, or what was wrong with the answer, in rows. */
  readonly note?: readonly string[];
  readonly keys: string;
}

/** What the rest of the program has to say meanwhile. */
export interface Around {
  /** Lines so far, the newest last. */
  readonly log: readonly string[];
  /** Whether there is a shell to go to. */
  readonly hasShell: boolean;
}

/** The smallest terminal that full screens are drawn on. */
export const LEAST: Size = { columns: 40, rows: 12 };

/** Rows besides body and choices: title, question, note, keys, and an empty one. */
const FRAME_ROWS = 5;

const whereText = (top: number, { lines, rows }: Extent): string =>
  lines <= rows ? "" : msg`${top + 1}-${Math.min(lines, top + rows)} of ${lines}, PgUp PgDn`;

const window = <T>(all: readonly T[], top: number, rows: number): readonly T[] => all.slice(top, top + rows);

function keyWords(words: readonly (string | false)[], width: number): string {
  const all = words.filter((word) => word !== false);
  while (all.join("  ").length > width && all.length > 1) all.pop();
  return all.join("  ");
}

const STANDING_HELP = (hasShell: boolean): readonly string[] => [
  msg`Up, Down or a number choose, Enter takes what is chosen. Where something is typed, Backspace and ^U take it away.`,
  msg`PgUp, PgDn: further lines, where there are more than fit.`,
  msg`Esc or ^C: back, without an answer.`,
  msg`F1, ^G or ?: this help. F2, ^O or l: what happened so far.`,
  ...(hasShell ? [msg`F3, ^Z or s: a shell; exit comes back to here.`] : []),
  msg`^L: draws the screen anew, after noise on the line.`,
  msg`Letters stand for keys only where nothing is typed.`,
];

function panelView(screen: Screen, state: ScreenState, around: Around, glyphs: Glyphs, { columns, rows }: Size): View {
  const isHelp = state.panel === "help";
  const width = columns - 1;
  const help = [...(screen.help ?? []), "", ...STANDING_HELP(around.hasShell)];
  const text = isHelp ? help : around.log;
  const lines = text.map(glyphs.shown).flatMap((line) => wrapLine(line, width).map((part) => ({ text: part })));
  const extent = { lines: lines.length, rows: rows - FRAME_ROWS + 1 };
  const top = Math.min(state.panelTop, Math.max(0, extent.lines - extent.rows));
  return {
    title: isHelp ? msg`Help: ${screen.title}` : msg`What happened so far: ${screen.title}`,
    body: window(lines, top, extent.rows),
    extent,
    question: "",
    where: whereText(top, extent),
    choices: [],
    keys: msg`Esc back  Up Down PgUp PgDn Home End`,
  };
}

/** The part of a list around the selected entry. */
function choiceWindow(count: number, selected: number, rows: number): number {
  return Math.min(Math.max(0, selected - Math.floor(rows / 2)), Math.max(0, count - rows));
}

/** Before each choice: what marks the one that is selected. */
const MARK_COLUMNS = 1;
const choiceText = ({ label }: Choice, at: number, glyphs: Glyphs): string =>
  glyphs.shown(`${String(at + 1).padStart(2)}  ${label}`);

/** What a choice means; of one that is longer than its row, the end. */
function detailOf(choice: Choice | undefined, at: number, glyphs: Glyphs, width: number): string {
  if (!choice) return "";
  const text = choiceText(choice, at, glyphs);
  const isWhole = text.length <= width - MARK_COLUMNS;
  return isWhole || choice.detail !== undefined ? (choice.detail ?? "") : `... ${text.slice(-(width - 4)).trimStart()}`;
}

/** What is said about a line while it is typed; a pass phrase is nobody's business. */
function adviceOn({ question }: Screen, { typed }: ScreenState): string | undefined {
  if (question.kind !== "line" || question.secret === true || typed === "") return undefined;
  return question.advice?.(typed);
}

/** A complaint takes no more of a screen than this part. */
const COMPLAINT_PART = 1 / 4;

/** What a choice means takes no more rows. */
const DETAIL_ROWS = 2;

/**
 * What stands below the answers: of a complaint as many rows as it needs. What changes with each key has those of the
 * longest, so that nothing else moves.
 */
function noteRows(screen: Screen, state: ScreenState, choices: readonly Choice[], glyphs: Glyphs, size: Size) {
  const width = size.columns - 1;
  if (state.complaint !== undefined) {
    const most = Math.max(1, Math.floor(size.rows * COMPLAINT_PART));
    return wrapLine(glyphs.shown(state.complaint), width).slice(0, most);
  }
  const detail = detailOf(choices[state.selected], state.selected, glyphs, width);
  const said = wrapLine(glyphs.shown(adviceOn(screen, state) ?? detail), width);
  const wanted = choices.map((choice) => wrapLine(glyphs.shown(choice.detail ?? ""), width).length);
  const most = Math.min(DETAIL_ROWS, Math.max(1, ...wanted));
  const rest = cutAt(said.slice(most - 1).join(" "), width);
  return Array.from({ length: most }, (_, row) => (row === most - 1 ? rest : (said[row] ?? "")));
}

/**
 * A question in rows. The last one leaves room for `where`, which stands at its end.
 */
function questionRows(text: string, where: string, width: number): string[] {
  const rows = wrapLine(text, width);
  const last = rows.at(-1) ?? "";
  const room = where === "" ? width : width - where.length - 2;
  return last.length <= room ? rows : [...rows.slice(0, -1), ...wrapLine(last, Math.max(room, Math.floor(width / 3)))];
}

/** What a screen looks like. Pure. */
export function viewOfScreen(screen: Screen, state: ScreenState, around: Around, glyphs: Glyphs, size: Size): View {
  if (state.panel) return panelView(screen, state, around, glyphs, size);
  const width = size.columns - 1;
  const { question } = screen;
  const choices = choicesOf(screen);
  const lines = bodyLines(screen.body, width, glyphs);
  const note = noteRows(screen, state, choices, glyphs, size);
  const room = Math.max(2, size.rows - FRAME_ROWS - (note.length - 1));
  const wanted = Math.max(1, choices.length);
  const partsFor = (asked: readonly string[]) => {
    const head = asked.length - 1;
    const shownChoices = Math.min(wanted, Math.max(room - head - lines.length, Math.floor(room / 2), 1));
    const extent = { lines: lines.length, rows: Math.max(1, room - shownChoices - head) };
    const top = Math.min(state.top, Math.max(0, extent.lines - extent.rows));
    const more = choices.length > shownChoices ? msg`${state.selected + 1} of ${choices.length}` : "";
    const where = [whereText(top, extent), more].filter((text) => text !== "").join("; ");
    return { asked, shownChoices, extent, top, where };
  };
  const questionText = glyphs.shown(question.text);
  const first = partsFor(wrapLine(questionText, width));
  const parts = partsFor(questionRows(questionText, first.where, width));
  const { asked, shownChoices, extent, top, where } = parts;
  const head = asked.slice(0, -1).map((text) => ({ text, strong: true as const }));
  const firstChoice = choiceWindow(choices.length, state.selected, shownChoices);
  const choiceWidth = width - MARK_COLUMNS;
  const isLine = question.kind === "line";
  const typed = isLine && question.secret === true ? "*".repeat([...state.typed].length) : state.typed;
  const initial = question.initial === undefined || !isLine ? "" : ` [${question.initial}]`;
  return {
    title: screen.title,
    body: [
      ...window(lines, top, extent.rows),
      ...Array(Math.max(0, extent.rows - lines.length)).fill({ text: "" }),
      ...head,
    ],
    extent,
    question: asked.at(-1) ?? "",
    where,
    choices: choices.slice(firstChoice, firstChoice + shownChoices).map((choice, at) => ({
      text: cutAt(choiceText(choice, firstChoice + at, glyphs), choiceWidth),
      isSelected: firstChoice + at === state.selected,
    })),
    ...(isLine ? { field: `${initial}> ${typed.slice(-(width - initial.length - 4))}` } : {}),
    note,
    keys: keyWords(
      [
        isLine ? msg`Enter done` : msg`Up Down Enter`,
        !isLine && question.keys?.space !== undefined && msg`Space ${question.keys.space}`,
        !isLine && question.keys?.left !== undefined && msg`Left ${question.keys.left}`,
        msg`Esc back`,
        isLine ? msg`F1 ^G help` : msg`F1 ? help`,
        isLine ? msg`F2 ^O log` : msg`F2 l log`,
        around.hasShell && (isLine ? msg`F3 ^Z shell` : msg`F3 s shell`),
      ],
      width,
    ),
  };
}

/** Work that goes on: its lines, and how far it is. */
export interface Work {
  /** The line that is being rewritten: progress with speed and time left, or a countdown. */
  readonly current: string;
  /** 0 to 1, where it is known. */
  readonly share?: number;
}

/** What is seen while nothing is asked. Pure. */
export function viewOfWork(title: string, work: Work, around: Around, glyphs: Glyphs, size: Size): View {
  const width = size.columns - 1;
  const rows = Math.max(1, size.rows - FRAME_ROWS - 1);
  const lines = around.log
    .slice(-rows)
    .map(glyphs.shown)
    .flatMap((line) => wrapLine(line, width));
  const body = lines
    .slice(-rows)
    .map((text) => ({ text, ...(text.startsWith("! ") ? { strong: true as const } : {}) }));
  const columns = Math.min(60, width - 10);
  const done = Math.floor((work.share ?? 0) * columns);
  const bar = `${glyphs.full.repeat(done)}${glyphs.empty.repeat(columns - done)}`;
  const percent = `${String(Math.floor((work.share ?? 0) * 100)).padStart(4)} %`;
  return {
    title,
    body: [...body, ...Array(Math.max(0, rows - body.length)).fill({ text: "" })],
    extent: { lines: body.length, rows },
    question: "",
    where: "",
    choices: [],
    field: work.share === undefined ? "" : `${bar}${percent}`,
    note: [glyphs.shown(work.current).slice(0, width)],
    keys: keyWords([msg`F2 log`, around.hasShell && msg`F3 shell`, msg`^L draw anew`], width),
  };
}
