import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { About, ConsoleAsk, LineOptions } from "../ask.ts";
import type { Consoles, HeldConsole } from "../consoles.ts";
import { warningMark } from "../reporters.ts";
import type { Drawer } from "./drawing.ts";
import { CLEAR } from "./frame.ts";
import type { Glyphs } from "./glyphs.ts";
import { LineKeeper } from "./line-keeper.ts";
import { Painter } from "./painter.ts";
import type { Block, Choice, Screen } from "./screen.ts";
import { KeyReader, type ScreenKey } from "./screen-keys.ts";
import { firstState, pressKey, type ScreenState } from "./screen-state.ts";
import { LEAST, type View, viewOfScreen, viewOfWork } from "./view.ts";

/** What full screens need. */
export interface FullScreenParts {
  readonly host: Host;
  readonly consoles: Consoles;
  readonly draw: Drawer;
  /** What the letters of frames are on a console. */
  readonly glyphsOf: (path: string) => Glyphs;
  /** Stands in every title that has none of its own. */
  readonly title: string;
  /** Written before the first frame and after the last one: an xterm keeps what was on it before. */
  readonly enter?: string;
  readonly leave?: string;
  /** Opens a shell on the console, and comes back when it ends. Default: there is none. */
  readonly shell?: (path: string) => Promise<void>;
}

/** Questions as full screens on one console, and what goes on between them. */
export interface FullScreen extends ConsoleAsk {
  show(screen: Screen, signal?: AbortSignal): Promise<string>;
  /** How far the work is, 0 to 1; undefined: unknown. */
  progress(share: number | undefined): void;
  /** What was reported so far, the newest line last. */
  readonly lines: readonly string[];
  /** Gives the console back. */
  close(): void;
}

const TICK_MS = 100;
/** Between two pictures of work that goes on: 9600 baud take 960 bytes in that time. */
const WORK_MS = 1000;
/** An escape sequence that is not whole after that long was the Escape key. */
const ESCAPE_MS = 150;
/** After an answer; a question that comes later finds that the work has been shown. */
const ANSWERED_MS = 50;

interface Asked {
  readonly screen: Screen;
  state: ScreenState;
  readonly answer: (key: string) => void;
  readonly cancel: () => void;
}

/** Takes a console, and draws on it until `close`. Undefined when the console can't be taken or is too small. */
export function openFullScreen(parts: FullScreenParts, path: string): FullScreen | undefined {
  const session = new Session(parts);
  return session.take(path) ? session : undefined;
}

/** Whether one of the choices only goes back. */
const canGoBack = ({ question }: Screen): boolean =>
  question.kind === "choice" && question.choices.some(({ key }) => key === "back");

class Session implements FullScreen {
  readonly #parts: FullScreenParts;
  readonly #keeper = new LineKeeper();
  readonly #painter: Painter;
  #keys = new KeyReader();
  #held: HeldConsole | undefined;
  #asked: Asked | undefined;
  #share: number | undefined;
  #shownBefore = 0;
  #isDirty = true;
  #drawnMs = 0;
  #keyMs = 0;
  #panel: { readonly screen: Screen; state: ScreenState } | undefined;
  #isInShell = false;
  /** Why the last question was closed: it is said on the next screen, whatever that is. */
  #closedBecause: string | undefined;
  #stop: () => void = () => {};

  constructor(parts: FullScreenParts) {
    this.#parts = parts;
    this.#painter = new Painter(parts.draw, parts.enter ?? "");
  }

  get lines(): readonly string[] {
    return this.#keeper.lines;
  }

  take(path: string): boolean {
    const { consoles, host } = this.#parts;
    if (!this.#hold(path)) return false;
    const { columns, rows } = this.#held?.size ?? { columns: 0, rows: 0 };
    if (columns < LEAST.columns || rows < LEAST.rows) {
      this.#held?.release();
      return false;
    }
    const stopTicks = host.every(TICK_MS, () => this.#tick());
    const stopKeys = consoles.onKeys((bytes) => this.#typed(bytes));
    this.#stop = () => {
      stopTicks();
      stopKeys();
    };
    this.#paint();
    return true;
  }

  close(): void {
    this.#stop();
    this.#held?.write(this.#leaving());
    this.#held?.release();
    this.#held = undefined;
  }

  progress(share: number | undefined): void {
    this.#share = share;
    this.#isDirty = true;
  }

  show(screen: Screen, signal?: AbortSignal): Promise<string> {
    const marks = ["!", warningMark()];
    const lines = this.#keeper.since(this.#shownBefore).flatMap((line) => {
      const mark = marks.find((one) => line.startsWith(one));
      return mark === undefined ? [] : [line.slice(mark.length).trimStart()];
    });
    const closed = this.#closedBecause;
    const body: Block[] = [
      ...(closed === undefined ? [] : [{ kind: "text" as const, lines: [closed] }]),
      ...(lines.length === 0 ? [] : [{ kind: "warning" as const, lines }]),
      ...screen.body,
    ];
    return this.#ask({ ...screen, body }, signal, canGoBack(screen) ? "back" : undefined);
  }

  menu(
    text: string,
    choices: readonly Choice[],
    initial?: string,
    about?: About,
    signal?: AbortSignal,
  ): Promise<string> {
    const start = initial === undefined ? {} : { initial };
    const screen = this.#plainScreen({ kind: "choice", text, choices, ...start }, about);
    return this.#ask(screen, signal, canGoBack(screen) ? "back" : undefined);
  }

  async confirm(text: string, initial = false, about?: About, signal?: AbortSignal): Promise<boolean> {
    const choices = [
      { key: "yes", label: msg`Yes` },
      { key: "no", label: msg`No` },
    ];
    const answer = await this.#ask(
      this.#plainScreen({ kind: "choice", text, choices, initial: initial ? "yes" : "no" }, about),
      signal,
    );
    return answer === "yes";
  }

  line(text: string, { about, ...options }: LineOptions = {}, signal?: AbortSignal): Promise<string> {
    return this.#ask(this.#plainScreen({ kind: "line", text, ...options }, about), signal);
  }

  /** A question that comes without a screen: what was said since the last one stands above it. */
  #plainScreen(question: Screen["question"], about: About = { title: this.#parts.title, help: [] }): Screen {
    const lines = this.#keeper.since(this.#shownBefore);
    return { ...about, body: lines.length === 0 ? [] : [{ kind: "text", lines }], question };
  }

  /** `back`: what Escape answers; undefined: it is no answer. */
  #ask(screen: Screen, signal?: AbortSignal, back?: string): Promise<string> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const [before, closedBefore] = [this.#shownBefore, this.#closedBecause];
    this.#shownBefore = this.#keeper.count;
    this.#share = undefined;
    return new Promise((resolve, reject) => {
      const close = () => {
        end(() => reject(signal?.reason));
        this.#closedBecause = messageOf(signal?.reason);
        this.#paintSoon();
      };
      const end = (settle: () => void, shownBefore = this.#keeper.count) => {
        signal?.removeEventListener("abort", close);
        this.#asked = undefined;
        this.#shownBefore = shownBefore;
        this.#closedBecause = undefined;
        settle();
      };
      signal?.addEventListener("abort", close);
      this.#asked = {
        screen,
        state: firstState(screen),
        answer: (key) => end(() => resolve(key)),
        cancel: () => {
          const none = new MondoError("cancelled", msg`the question was answered with Esc or ^C`);
          // Whoever asks again shows again what stood above the question.
          if (back === undefined) {
            end(() => reject(none), before);
            this.#closedBecause = closedBefore;
          } else end(() => resolve(back));
        },
      };
      this.#panel = undefined;
      this.#paint();
    });
  }

  #hold(path: string): boolean {
    const held = this.#parts.consoles.hold(path, {
      onText: (text) => {
        this.#keeper.add(text);
        this.#isDirty = true;
      },
      onLeave: () => this.#leaving(true),
    });
    if (!held) return false;
    this.#held = held;
    this.#painter.forget();
    this.#keys = new KeyReader();
    return true;
  }

  /** Clears the console for another program; with what was said last, which may be what the program is for. */
  #leaving(isForShell = false): string {
    this.#painter.forget();
    const { leave = "" } = this.#parts;
    const said = isForShell ? this.#keeper.since(this.#shownBefore).slice(-20) : [];
    return `${CLEAR}${leave}${said.map((line) => `${line}\n`).join("")}`;
  }

  #typed(bytes: Uint8Array): void {
    const { consoles, host } = this.#parts;
    if (this.#isInShell) return;
    const from = consoles.lastUsed();
    // A person who presses a key elsewhere wants to sit there.
    if (this.#held && from !== this.#held.path) {
      if (bytes.some((byte) => byte !== 0)) this.#moveTo(from);
      return;
    }
    this.#keyMs = host.nowMs();
    this.#press(this.#keys.push(bytes));
  }

  #moveTo(path: string): void {
    const before = this.#held;
    if (!this.#hold(path)) return;
    before?.write(msg`${CLEAR}The questions are on ${path} now; a key brings them back here.\n`);
    before?.release();
    this.#paint();
  }

  #press(keys: readonly ScreenKey[]): void {
    const before = this.#asked;
    for (const key of keys) this.#pressOne(key);
    if (keys.length === 0) return;
    if (before && !this.#asked) this.#paintSoon();
    else this.#paint();
  }

  /** The next question mostly follows at once: what is seen between two is only in the way. */
  #paintSoon(): void {
    this.#parts.host.after(ANSWERED_MS, () => this.#asked ?? this.#paint());
  }

  #pressOne(key: ScreenKey): void {
    const asked = this.#asked;
    const target = asked ?? this.#workPanel(key);
    if (!target) return;
    const { extent } = this.#viewOf(target.screen, target.state);
    const { state, answer, wish } = pressKey(target.screen, target.state, key, extent);
    target.state = state;
    if (!asked && state.panel === undefined) this.#panel = undefined;
    if (wish === "redraw") this.#painter.forget();
    if (wish === "shell") void this.#openShell();
    if (!asked) return;
    if (wish === "cancel") asked.cancel();
    if (answer !== undefined) asked.answer(answer);
  }

  /** While work goes on, log and help can be looked at. */
  #workPanel(key: ScreenKey): { readonly screen: Screen; state: ScreenState } | undefined {
    if (this.#panel) return this.#panel;
    if (key === "redraw") this.#painter.forget();
    if (key === "shell") void this.#openShell();
    if (key !== "log" && key !== "help") return undefined;
    const screen: Screen = { title: this.#parts.title, body: [], question: { kind: "choice", text: "", choices: [] } };
    this.#panel = { screen, state: firstState(screen) };
    return this.#panel;
  }

  async #openShell(): Promise<void> {
    const { shell } = this.#parts;
    if (!shell || !this.#held || this.#isInShell) return;
    this.#isInShell = true;
    const [asked, before] = [this.#asked, this.#shownBefore];
    this.#shownBefore = this.#keeper.count;
    try {
      await shell(this.#held.path);
    } finally {
      this.#isInShell = false;
      // What came after a question that was closed meanwhile stands above the next one.
      if (this.#asked === asked) this.#shownBefore = before;
      this.#painter.forget();
      this.#paint();
    }
  }

  #around() {
    return { log: this.#keeper.lines, hasShell: this.#parts.shell !== undefined };
  }

  #viewOf(screen: Screen, state: ScreenState): View {
    return viewOfScreen(screen, state, this.#around(), this.#glyphs(), this.#painter.room);
  }

  #glyphs(): Glyphs {
    return this.#parts.glyphsOf(this.#held?.path ?? "");
  }

  #view(): View {
    const target = this.#asked ?? this.#panel;
    if (target) return this.#viewOf(target.screen, target.state);
    const work = { current: this.#keeper.current, ...(this.#share === undefined ? {} : { share: this.#share }) };
    return viewOfWork(this.#parts.title, work, this.#around(), this.#glyphs(), this.#painter.room);
  }

  #tick(): void {
    const { host } = this.#parts;
    if (!this.#held) return;
    if (this.#keys.isWaiting && host.nowMs() - this.#keyMs >= ESCAPE_MS) this.#press(this.#keys.flush());
    const isDue = this.#isDirty && !this.#asked && host.nowMs() - this.#drawnMs >= WORK_MS;
    if (isDue || this.#painter.isStale(this.#held)) this.#paint();
  }

  #paint(): void {
    if (!this.#held) return;
    this.#painter.paint(this.#held, this.#glyphs(), () => this.#view());
    this.#isDirty = false;
    this.#drawnMs = this.#parts.host.nowMs();
  }
}
