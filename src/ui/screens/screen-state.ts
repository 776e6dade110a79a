import type { Choice, Screen } from "./screen.ts";
import type { NamedKey, ScreenKey } from "./screen-keys.ts";

/** Where a person is on a screen. */
export interface ScreenState {
  /** Index of the choice that Enter takes. */
  readonly selected: number;
  /** First line of the body that is shown. */
  readonly top: number;
  readonly typed: string;
  /** The number of a choice, as far as it is typed. */
  readonly digits: string;
  /** What was wrong with the last answer. */
  readonly complaint?: string;
  /** What lies over the screen. */
  readonly panel?: "help" | "log";
  readonly panelTop: number;
}

/** How many lines there are of what scrolls, and how many of them are seen. */
export interface Extent {
  readonly lines: number;
  readonly rows: number;
}

/** What a key did: a new state, and an answer, or what is to happen, if it was one of those. */
export interface Step {
  readonly state: ScreenState;
  readonly answer?: string;
  readonly wish?: "cancel" | "shell" | "redraw";
}

/** The choices of a screen; none where a line is typed. */
export const choicesOf = ({ question }: Screen): readonly Choice[] =>
  question.kind === "choice" ? question.choices : [];

/** A screen that nobody has touched yet. Without a default the last choice, by habit the harmless one, is selected. */
export function firstState(screen: Screen): ScreenState {
  const choices = choicesOf(screen);
  const { initial } = screen.question;
  const at = choices.findIndex(({ key }) => key === initial);
  return { selected: at < 0 ? Math.max(0, choices.length - 1) : at, top: 0, typed: "", digits: "", panelTop: 0 };
}

const within = (value: number, most: number): number => Math.min(Math.max(0, value), Math.max(0, most));

const SCROLLS: Readonly<Partial<Record<NamedKey, (rows: number, lines: number) => number>>> = {
  up: () => -1,
  down: () => 1,
  "page-up": (rows) => -Math.max(1, rows - 1),
  "page-down": (rows) => Math.max(1, rows - 1),
  home: (_, lines) => -lines,
  end: (_, lines) => lines,
};

/** Where the top is after a key that scrolls; undefined for another. */
function scrolled(top: number, key: ScreenKey, { lines, rows }: Extent): number | undefined {
  const by = typeof key === "string" ? SCROLLS[key]?.(rows, lines) : undefined;
  return by === undefined ? undefined : within(top + by, lines - rows);
}

/** A letter does what a function key does where nothing is typed. */
const LETTERS: Readonly<Record<string, NamedKey>> = { "?": "help", l: "log", s: "shell" };
const meant = (key: ScreenKey): ScreenKey => (typeof key === "object" ? (LETTERS[key.char.toLowerCase()] ?? key) : key);

function onPanel(state: ScreenState, key: ScreenKey, extent: Extent): Step {
  const { panel, ...rest } = state;
  const own = meant(key);
  const back: readonly ScreenKey[] = ["escape", "cancel", "enter", "left"];
  if (back.includes(own) || own === panel || (typeof own === "object" && own.char === "q")) {
    return { state: { ...rest, panelTop: 0 } };
  }
  const top = scrolled(state.panelTop, own, extent);
  return { state: top === undefined ? state : { ...state, panelTop: top } };
}

/** Keys that are the same on every screen; undefined for another. */
function onAny(state: ScreenState, key: ScreenKey): Step | undefined {
  if (key === "help") return { state: { ...state, panel: "help", panelTop: 0 } };
  // The newest line is what one looks for.
  if (key === "log") return { state: { ...state, panel: "log", panelTop: Number.MAX_SAFE_INTEGER } };
  if (key === "shell" || key === "redraw") return { state, wish: key };
  if (key === "cancel" || key === "escape") return { state, wish: "cancel" };
  return undefined;
}

function onDigit(state: ScreenState, digit: string, count: number): Step {
  const whole = `${state.digits}${digit}`;
  const digits = Number(whole) >= 1 && Number(whole) <= count ? whole : digit;
  const number = Number(digits);
  const isThere = number >= 1 && number <= count;
  return { state: isThere ? { ...state, digits, selected: number - 1 } : { ...state, digits: "" } };
}

type ChoiceQuestion = Extract<Screen["question"], { readonly kind: "choice" }>;

/** The answer of a key that only this question has; undefined for another. */
function ownAnswer({ keys, choices }: ChoiceQuestion, key: ScreenKey, selected: number): string | undefined {
  const chosen = choices[selected];
  if (!chosen) return undefined;
  if (keys?.space !== undefined && typeof key === "object" && key.char === " ") return `space ${chosen.key}`;
  return keys?.left !== undefined && key === "left" ? `left ${chosen.key}` : undefined;
}

function onChoices(state: ScreenState, key: ScreenKey, question: ChoiceQuestion, extent: Extent): Step {
  const { choices } = question;
  const answer = ownAnswer(question, key, state.selected);
  if (answer !== undefined) return { state: { ...state, digits: "" }, answer };
  const own = meant(key);
  const any = onAny({ ...state, digits: "" }, own);
  if (any) return any;
  if (typeof own === "object") {
    return /^[0-9]$/.test(own.char) ? onDigit(state, own.char, choices.length) : { state: { ...state, digits: "" } };
  }
  const still = { ...state, digits: "" };
  const chosen = choices[state.selected];
  if (own === "enter") return chosen ? { state: still, answer: chosen.key } : { state: still };
  const isPage = own === "page-up" || own === "page-down" || choices.length < 2;
  const top = isPage ? scrolled(state.top, own, extent) : undefined;
  if (top !== undefined) return { state: { ...still, top } };
  const selected = scrolled(state.selected, own, { lines: choices.length, rows: 1 });
  return { state: selected === undefined ? still : { ...still, selected } };
}

/** More than anybody types: noise on the line. */
const LONGEST = 4096;

function onLine(state: ScreenState, key: ScreenKey, screen: Screen, extent: Extent): Step {
  const { question } = screen;
  const any = onAny(state, key);
  if (any || question.kind !== "line") return any ?? { state };
  const { complaint: _, ...quiet } = state;
  if (typeof key === "object") return { state: { ...quiet, typed: (state.typed + key.char).slice(0, LONGEST) } };
  if (key === "backspace") return { state: { ...quiet, typed: [...state.typed].slice(0, -1).join("") } };
  if (key === "clear") return { state: { ...quiet, typed: "" } };
  if (key === "enter") {
    const answer = state.typed.trim() === "" ? (question.initial ?? state.typed) : state.typed;
    const complaint = question.check?.(answer);
    return complaint === undefined
      ? { state: quiet, answer }
      : { state: { ...quiet, typed: question.secret === true ? "" : state.typed, complaint } };
  }
  const top = scrolled(state.top, key, extent);
  return { state: top === undefined ? state : { ...state, top } };
}

/** What a key does on a screen. `extent` is that of what scrolls now: the panel, if one is open, or the body. Pure. */
export function pressKey(screen: Screen, state: ScreenState, key: ScreenKey, extent: Extent): Step {
  const { lines, rows } = extent;
  const seen = { ...state, top: within(state.top, state.panel ? state.top : lines - rows) };
  if (state.panel) return onPanel({ ...seen, panelTop: within(state.panelTop, lines - rows) }, key, extent);
  if (screen.question.kind === "line") return onLine(seen, key, screen, extent);
  return onChoices(seen, key, screen.question, extent);
}
