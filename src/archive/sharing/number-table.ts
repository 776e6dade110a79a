/** Rows of numbers in little memory: 8 bytes each. */
export class NumberTable {
  readonly columns: number;
  #numbers: Float64Array;
  #rows = 0;

  constructor(columns: number) {
    this.columns = columns;
    this.#numbers = new Float64Array(columns * 64);
  }

  get rows(): number {
    return this.#rows;
  }

  add(...row: number[]): void {
    const at = this.#rows * this.columns;
    if (at + this.columns > this.#numbers.length) {
      const bigger = new Float64Array(this.#numbers.length * 2);
      bigger.set(this.#numbers);
      this.#numbers = bigger;
    }
    for (let i = 0; i < this.columns; i++) this.#numbers[at + i] = row[i] ?? 0;
    this.#rows++;
  }

  at(row: number, column: number): number {
    return this.#numbers[row * this.columns + column] ?? 0;
  }

  set(row: number, column: number, value: number): void {
    this.#numbers[row * this.columns + column] = value;
  }

  /** Keeps the rows that are wanted, in their order. */
  keep(isWanted: (row: number) => boolean): void {
    let kept = 0;
    for (let row = 0; row < this.#rows; row++) {
      if (!isWanted(row)) continue;
      if (kept !== row) this.#numbers.copyWithin(kept * this.columns, row * this.columns, (row + 1) * this.columns);
      kept++;
    }
    this.#rows = kept;
  }

  /** Rows by the first of these columns, where that is equal by the next one, and so on. */
  sorted(columns: readonly number[]): Uint32Array {
    const order = Uint32Array.from({ length: this.#rows }, (_, row) => row);
    return order.sort((a, b) => {
      for (const column of columns) {
        const difference = this.at(a, column) - this.at(b, column);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  }
}
