/**
 * A terminal of a few rows: as much of ECMA-48 as lines and full screens use, and nothing more. Whatever else arrives
 * is an error.
 */
export class TinyTerminal {
  readonly columns: number;
  readonly rows: number;
  #cells: string[][];
  #looks: string[][];
  #look = "";
  #at = { row: 0, column: 0 };
  #region: [number, number];
  #rest = "";

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#cells = Array.from({ length: rows }, () => this.#blank());
    this.#looks = Array.from({ length: rows }, () => Array(columns).fill(""));
    this.#region = [0, rows - 1];
  }

  #blank(): string[] {
    return Array(this.columns).fill(" ");
  }

  get cursor(): { readonly row: number; readonly column: number } {
    return { ...this.#at };
  }

  /** The rows without blanks at their ends. */
  get text(): string[] {
    return this.#cells.map((row) => row.join("").trimEnd());
  }

  /** Rows with a mark before each reversed stretch. */
  get marked(): string[] {
    return this.#cells.map((row, at) =>
      row
        .map((char, column) => (this.#looks[at]?.[column] === "7" ? `<${char}>` : char))
        .join("")
        .trimEnd(),
    );
  }

  write(text: string): void {
    let rest = this.#rest + text;
    this.#rest = "";
    while (rest !== "") {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      const sequence = /^\x1b(\[[?0-9;]*[A-Za-z]|[A-Z])/.exec(rest);
      if (sequence) this.#command(sequence[1] ?? "");
      else if (rest.startsWith("\x1b") && rest.length < 12) {
        this.#rest = rest;
        return;
      } else this.#put(rest[0] ?? "");
      rest = rest.slice(sequence?.[0].length ?? 1);
    }
  }

  #put(char: string): void {
    if (char === "\r") this.#at.column = 0;
    else if (char === "\n") this.#down();
    else if (char === "\b") this.#at.column = Math.max(0, this.#at.column - 1);
    else if (char < " ") throw new Error(`the terminal got ${JSON.stringify(char)}`);
    else {
      if (this.#at.column >= this.columns) {
        this.#at.column = 0;
        this.#down();
      }
      const { row, column } = this.#at;
      const [cells, looks] = [this.#cells[row], this.#looks[row]];
      if (cells && looks) [cells[column], looks[column]] = [char, this.#look];
      this.#at.column += 1;
    }
  }

  #down(): void {
    if (this.#at.row === this.#region[1]) this.#scroll(1);
    else this.#at.row = Math.min(this.rows - 1, this.#at.row + 1);
  }

  #scroll(by: 1 | -1): void {
    const [first, last] = this.#region;
    for (const [rows, blank] of [
      [this.#cells, this.#blank()],
      [this.#looks, Array(this.columns).fill("")],
    ] as const) {
      rows.splice(by === 1 ? first : last, 1);
      rows.splice(by === 1 ? last : first, 0, blank);
    }
  }

  #command(body: string): void {
    const kind = body.at(-1) ?? "";
    const numbers = body.slice(1, -1).split(";").map(Number);
    const [row = 1, column = 1] = numbers.map((number) => number || 1);
    if (body === "D") this.#down();
    else if (body === "M") {
      if (this.#at.row === this.#region[0]) this.#scroll(-1);
      else this.#at.row -= 1;
    } else if (kind === "H") this.#at = { row: row - 1, column: column - 1 };
    else if (kind === "m") this.#look = String(numbers.at(-1) || "");
    else if (kind === "K") this.#erase(this.#at.row, this.#at.column);
    else if (body === "[2J") for (const at of this.#cells.keys()) this.#erase(at, 0);
    else if (kind === "r") {
      this.#region = body === "[r" ? [0, this.rows - 1] : [row - 1, column - 1];
      this.#at = { row: 0, column: 0 };
    } else if (!/^\[\?1049[hl]$/.test(body)) throw new Error(`the terminal got ESC ${body}`);
  }

  #erase(row: number, column: number): void {
    for (let at = column; at < this.columns; at += 1) {
      const [cells, looks] = [this.#cells[row], this.#looks[row]];
      if (cells && looks) [cells[at], looks[at]] = [" ", ""];
    }
  }
}
