/** Lines that are kept: the log of the rescue, or of the command, has all of them. */
const MOST_LINES = 2000;
const LONGEST = 1000;

/**
 * What a terminal would show of text that is written to it: whole lines, and the one that is still being written, which
 * progress and countdowns begin again and again.
 */
export class LineKeeper {
  #lines: string[] = [];
  #current = "";

  /** Whole lines that are not empty, the oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The line that has no end yet. */
  get current(): string {
    return this.#current.trimEnd();
  }

  /** How many lines there have been. */
  count = 0;

  add(text: string): void {
    for (const part of text.split(/(?<=[\n\r\b])/)) {
      const end = part.at(-1) ?? "";
      const isEnd = end === "\n" || end === "\r" || end === "\b";
      this.#current = `${this.#current}${isEnd ? part.slice(0, -1) : part}`.slice(0, LONGEST);
      if (end === "\r") this.#current = "";
      if (end === "\b") this.#current = this.#current.slice(0, -1);
      if (end === "\n") this.#commit();
    }
  }

  /** The lines since there were `count`. */
  since(count: number): readonly string[] {
    const wanted = Math.min(this.#lines.length, this.count - count);
    return wanted <= 0 ? [] : this.#lines.slice(-wanted);
  }

  #commit(): void {
    const line = this.#current.trimEnd();
    this.#current = "";
    if (line === "") return;
    this.count += 1;
    this.#lines.push(line);
    if (this.#lines.length > MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }
}
