import type { HeldConsole } from "../consoles.ts";
import type { Drawer } from "./drawing.ts";
import { CLEAR, type Frame, frameOf, updateOf } from "./frame.ts";
import type { Glyphs } from "./glyphs.ts";
import { LEAST, type Size, type View } from "./view.ts";

const NOTHING: Frame = [];

/** Brings a terminal from what is on it to what is to be seen, with as few bytes as that takes. */
export class Painter {
  readonly #draw: Drawer;
  readonly #enter: string;
  #frame: Frame = NOTHING;
  #isKnown = false;
  #isOwed = false;
  #size: Size = { columns: 0, rows: 0 };
  #epoch = -1;

  /** `enter` is written before a frame that replaces something unknown. */
  constructor(draw: Drawer, enter: string) {
    this.#draw = draw;
    this.#enter = enter;
  }

  /** The size that views are laid out for: what doesn't fit on a smaller terminal is cut off. */
  get room(): Size {
    const { columns, rows } = this.#size;
    return { columns: Math.max(columns, LEAST.columns), rows: Math.max(rows, LEAST.rows) };
  }

  /** From now on nobody knows what is on the terminal. */
  forget(): void {
    this.#isKnown = false;
  }

  /** Whether what is on the terminal is not what was painted last. */
  isStale(held: HeldConsole): boolean {
    const { size } = held;
    if (!size) return false;
    const isOther = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    return !this.#isKnown || held.epoch !== this.#epoch || isOther || (this.#isOwed && !held.isBusy);
  }

  /** Paints; later (`isStale`), if the terminal is still busy with what came before. */
  paint(held: HeldConsole, glyphs: Glyphs, viewFor: (room: Size) => View): void {
    const { size } = held;
    if (!size) {
      this.#isKnown = false;
      return;
    }
    this.#isOwed = held.isBusy;
    if (this.#isOwed) return;
    const isOther = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    const isNew = !this.#isKnown || held.epoch !== this.#epoch || isOther;
    this.#size = size;
    const { text, cursor } = this.#draw(viewFor(this.room), this.room, glyphs);
    const frame = frameOf(text, size.columns - 1, size.rows);
    const at = { row: Math.min(cursor.row, size.rows - 1), column: Math.min(cursor.column, size.columns - 1) };
    const start = isNew ? `${this.#enter}${CLEAR}` : "";
    held.write(`${start}${updateOf(isNew ? NOTHING : this.#frame, frame, at)}`);
    this.#frame = frame;
    this.#isKnown = true;
    this.#epoch = held.epoch;
  }
}
