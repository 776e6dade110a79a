import type { ByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/**
 * Appends numbers and strings to memory that grows. Varints: 7 bits a byte, low first, the top bit says more follows
 * (up to 2^53).
 */
export class PackedWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  constructor(room = 4096) {
    this.#bytes = Buffer.alloc(room);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, room);
  }

  get length(): number {
    return this.#length;
  }

  /** A view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  u64(value: bigint): void {
    this.#room(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** A whole number of either sign up to 2^53. */
  float(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  varint(value: number): void {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Length and bytes of a byte string. */
  text(value: string): void {
    this.varint(value.length);
    this.#room(value.length);
    this.#bytes.write(value, this.#length, "latin1");
    this.#length += value.length;
  }

  /** Length and bytes. */
  block(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bigger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more));
    bigger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bigger;
    this.#view = new DataView(bigger.buffer, bigger.byteOffset, bigger.length);
  }
}

/** Buffer's, which takes any bytes: without an object around them. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): ByteString;
};

/**
 * Numbers are copied here to be read: a view into every record of a large catalog costs more than all else about it.
 */
const number = new DataView(new ArrayBuffer(8));
const numberBytes = new Uint8Array(number.buffer);

/** Reads what PackedWriter wrote. Running over the end is a MondoError `damaged`. */
export class PackedReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  u32(): number {
    return this.#number(4).getUint32(0, true);
  }

  u64(): bigint {
    return this.#number(8).getBigUint64(0, true);
  }

  float(): number {
    const value = this.#number(8).getFloat64(0, true);
    if (!Number.isSafeInteger(value)) throw new MondoError("damaged", msg`a packed number is not a whole number`);
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new MondoError("damaged", msg`a packed number is too long`);
  }

  text(): ByteString {
    const length = this.varint();
    const from = this.#take(length);
    return latin1Slice.call(this.#bytes, from, from + length);
  }

  /** A view into the bytes being read. */
  block(): Uint8Array {
    const length = this.varint();
    const from = this.#take(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + from, length);
  }

  #number(length: number): DataView {
    const from = this.#take(length);
    for (let i = 0; i < length; i++) numberBytes[i] = this.#bytes[from + i] ?? 0;
    return number;
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new MondoError("damaged", msg`packed bytes end too early`);
    this.#at = from + length;
    return from;
  }
}
