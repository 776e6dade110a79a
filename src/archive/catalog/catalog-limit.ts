import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";

/** What a small catalog may have, however well it is compressed. */
const FEW_RECORDS = 100_000;
const LITTLE_CONTENT = 128 * MIB;
/**
 * Names differ from entry to entry, and so do places and hashes. Of a million empty files (or links to one) whose names
 * are numbers each takes a third of a byte: nothing that is real takes less.
 */
const RECORDS_PER_BYTE = 10;
/** Those are 115 times longer than what they take; with paths of 4 KiB, 940 times. */
const CONTENT_PER_BYTE = 4000;

/** Ends the reading of a catalog that was made to cost hours: millions of times the records that its bytes can hold. */
export class CatalogLimit {
  #stored = 0;
  #content = 0;
  #records = 0;

  /** Another block. MondoError `damaged`: it is too much. */
  block(storedBytes: number, contentBytes: number): void {
    this.#stored += storedBytes;
    this.#content += contentBytes;
    if (this.#content > LITTLE_CONTENT + this.#stored * CONTENT_PER_BYTE) throw tooMuch("content", this.#stored);
  }

  /** Another record. */
  record(): void {
    this.#records++;
    if (this.#records > FEW_RECORDS + this.#stored * RECORDS_PER_BYTE) throw tooMuch("records", this.#stored);
  }
}

function tooMuch(what: string, bytes: number): MondoError {
  return new MondoError("damaged", msg`it has more ${what} than a catalog of ${bytes} bytes can have`);
}
