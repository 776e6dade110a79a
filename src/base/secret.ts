const SHOWN = "[secret]";

/** A pass phrase or key that no log, plan, error or JSON shows by mistake: only `reveal` gives it. */
export class Secret {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  /** As it was typed: UTF-8, nothing added. */
  static ofText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  /** For the standard input of a tool, or a cipher. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#bytes.byteLength === 0;
  }

  equals(other: Secret): boolean {
    const [a, b] = [this.#bytes, other.#bytes];
    return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SHOWN;
  }
}

/** What is known by name while a plan is carried out. */
export type Secrets = ReadonlyMap<string, Secret>;
