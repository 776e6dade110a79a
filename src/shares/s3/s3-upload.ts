import { decodeText, encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import {
  decodeFailure,
  decodeUploadId,
  decodeUploads,
  encodeCompletion,
  isCompleted,
  type OpenUpload,
} from "../../formats/network/s3-answers.ts";
import type { HttpAnswer } from "../../host/http-exchange.ts";
import type { S3Client } from "./s3-client.ts";

/** Parts of an object have 5 MiB at least, and there are 10,000 at most: objects of 78 GiB. */
export const PART_BYTES = 8 * MIB;
/** Parts under way at a time: what is kept in memory until the server has it. */
export const LANES = 4;

const GONE = 404;
const EXISTS = 412;
const NOT_KNOWN = 501;
/** Nothing of that name may be there. */
const ONLY_NEW = { "if-none-match": "*" } as const;

const isThere = (client: S3Client, key: string): MondoError =>
  new MondoError("refused", msg`${client.place.bucket} holds a ${key} already, which is not replaced`, {
    hint: msg`Another machine writes below the same prefix: give each one its own.`,
  });

/** Tells the objects of one upload from those of all others, which may be as long. */
const MARK = "x-amz-meta-mondo-upload";

/** An object that is there. */
interface There {
  readonly sizeBytes: number;
  readonly mark: string | null;
}

/** What is known of an object; undefined: there is none. */
async function lookAt(client: S3Client, key: string): Promise<There | undefined> {
  const answer = await client.ask({ method: "HEAD", key, what: msg`look at ${key}`, accept: [GONE] });
  const length = answer.headers.get("content-length");
  if (answer.status === GONE || length === null || !/^\d{1,15}$/.test(length)) return undefined;
  return { sizeBytes: Number(length), mark: answer.headers.get(MARK) };
}

/** Whether the server knows no conditions: it says so, or has another meaning of its own for 501. */
const knowsNone = (answer: HttpAnswer): boolean => answer.status === NOT_KNOWN;

/** Whether what is there is what was to be written: an answer that was lost leaves it so. */
async function holds(client: S3Client, key: string, bytes: Uint8Array): Promise<boolean> {
  if ((await lookAt(client, key))?.sizeBytes !== bytes.byteLength) return false;
  const there = await client.ask({ method: "GET", key, what: msg`read ${key}`, mostBytes: bytes.byteLength + 1 });
  return Buffer.compare(there.bytes, bytes) === 0;
}

/** Writes a small object that must not be there yet. Throws `refused` when another one is. */
export async function putNew(client: S3Client, key: string, bytes: Uint8Array): Promise<void> {
  const request = { method: "PUT", key, body: bytes, what: msg`write ${key}` } as const;
  const answer = await client.ask({ ...request, headers: ONLY_NEW, accept: [EXISTS, NOT_KNOWN] });
  if (answer.status === EXISTS && !(await holds(client, key, bytes))) throw isThere(client, key);
  if (!knowsNone(answer)) return;
  if (await lookAt(client, key)) throw isThere(client, key);
  await client.ask(request);
}

interface PutPart {
  readonly tag: Promise<string>;
}

/**
 * An object that is written as its bytes come, in parts, each of them tried again by itself. Nothing is there under its
 * name before `end`.
 */
export class S3Upload {
  readonly key: string;
  readonly #client: S3Client;
  readonly #parts: PutPart[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #mark = crypto.randomUUID();
  #id: string | undefined;
  #part = new Uint8Array(PART_BYTES);
  #filled = 0;
  #length = 0;
  #failure: unknown;

  constructor(client: S3Client, key: string) {
    this.#client = client;
    this.key = key;
  }

  /** Bytes so far. */
  get sizeBytes(): number {
    return this.#length;
  }

  /** Resolves when there is room for more; the memory is the caller's again then. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const piece = bytes.subarray(at, at + PART_BYTES - this.#filled);
      this.#part.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      this.#length += piece.byteLength;
      at += piece.byteLength;
      if (this.#filled === PART_BYTES) await this.#send();
    }
    this.#throwFailure();
  }

  /** The object is there when this is done. Throws `refused` when one of that name was there before. */
  async end(): Promise<void> {
    if (this.#parts.length === 0) {
      await putNew(this.#client, this.key, this.#part.slice(0, this.#filled));
      return;
    }
    if (this.#filled > 0) await this.#send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    await this.#complete(await Promise.all(this.#parts.map(({ tag }) => tag)));
  }

  /** What was sent goes. Fails where the key may not do that. */
  async abort(client = this.#client): Promise<void> {
    const id = this.#id;
    await Promise.all(this.#underWay);
    if (id !== undefined) await abortUpload(client, { key: this.key, id });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #send(): Promise<void> {
    this.#id ??= await beginUpload(this.#client, this.key, this.#mark);
    const [id, body, number] = [this.#id, this.#part.subarray(0, this.#filled), this.#parts.length + 1];
    this.#part = new Uint8Array(PART_BYTES);
    this.#filled = 0;
    const tag = this.#put(id, number, body);
    const work = tag.catch((error) => {
      this.#failure ??= error;
    });
    this.#parts.push({ tag });
    this.#underWay.add(work);
    void work.then(() => this.#underWay.delete(work));
    if (this.#underWay.size >= LANES) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  async #put(id: string, number: number, body: Uint8Array): Promise<string> {
    const query = { partNumber: String(number), uploadId: id };
    const request = {
      method: "PUT",
      key: this.key,
      query,
      body,
      what: msg`write part ${number} of ${this.key}`,
    } as const;
    const hasTag = ({ headers }: HttpAnswer) => (headers.get("etag") ?? "") !== "";
    return (await this.#client.ask(request, hasTag)).headers.get("etag") ?? "";
  }

  async #complete(tags: readonly string[]): Promise<void> {
    const [query, body] = [{ uploadId: this.#id ?? "" }, encodeText(encodeCompletion(tags))];
    const request = { method: "POST", key: this.key, query, body, what: msg`write ${this.key}` } as const;
    // The status is 200 as soon as the work begins; what comes of it is in the answer.
    const isDone = (answer: HttpAnswer) => {
      const final = decodeFailure(decodeText(answer.bytes)) && this.#client.finalProblem(answer, request);
      if (final) throw final;
      return isCompleted(decodeText(answer.bytes));
    };
    const ask = (headers: Readonly<Record<string, string>>) =>
      this.#client.ask({ ...request, headers, accept: [GONE, EXISTS, NOT_KNOWN] }, isDone);
    const answer = await ask(ONLY_NEW);
    const last = knowsNone(answer) ? await this.#completeWithout(ask) : answer;
    if (last.status >= 200 && last.status < 300) return;
    // The answer to an earlier try may have been lost: then the object is there, and the upload is not.
    const there = await lookAt(this.#client, this.key);
    if (there?.sizeBytes === this.#length && there.mark === this.#mark) return;
    throw last.status === EXISTS ? isThere(this.#client, this.key) : this.#lost();
  }

  async #completeWithout(ask: (headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    if (await lookAt(this.#client, this.key)) throw isThere(this.#client, this.key);
    return ask({});
  }

  #lost(): MondoError {
    return new MondoError("system", msg`the upload of ${this.key} is gone from the server before it was complete`, {
      hint: msg`Look at the rules of the bucket that end unfinished uploads, and start the backup again.`,
    });
  }
}

/** Begins an upload in parts, with a mark that its object will have; returns its id. */
export async function beginUpload(client: S3Client, key: string, mark = "none"): Promise<string> {
  let id: string | undefined;
  const request = { method: "POST", key, query: { uploads: "" }, what: msg`write ${key}` } as const;
  await client.ask({ ...request, headers: { [MARK]: mark } }, ({ bytes }) => {
    id = decodeUploadId(decodeText(bytes));
    return id !== undefined;
  });
  return id ?? "";
}

/** Ends an upload; one that is gone already is no failure. */
export async function abortUpload(client: S3Client, { key, id }: OpenUpload): Promise<void> {
  const what = msg`end the unfinished upload of ${key}`;
  await client.ask({ method: "DELETE", key, query: { uploadId: id }, what, accept: [GONE] });
}

/** Uploads below a prefix that were begun and not ended: a thousand at most. */
export async function openUploads(client: S3Client, prefix: string): Promise<readonly OpenUpload[]> {
  let found: readonly OpenUpload[] | undefined;
  const query = { uploads: "", prefix, "encoding-type": "url" };
  await client.ask({ method: "GET", query, what: msg`list unfinished uploads` }, ({ bytes }) => {
    found = decodeUploads(decodeText(bytes));
    return found !== undefined;
  });
  return (found ?? []).filter(({ key }) => key.startsWith(prefix));
}

/** Removes an object. */
export async function removeObject(client: S3Client, key: string): Promise<void> {
  await client.ask({ method: "DELETE", key, what: msg`remove ${key}`, accept: [GONE] });
}
