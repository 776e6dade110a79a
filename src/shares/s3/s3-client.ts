import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import { type AccessKeys, EMPTY_SHA256, encodeQuery, signHeaders } from "../../formats/network/aws-signature.ts";
import { decodeFailure, decodeListing, type ListedObject, type Listing } from "../../formats/network/s3-answers.ts";
import type { HttpAnswer } from "../../host/http-exchange.ts";
import { askPatiently, type PatientWire } from "../http/patient-exchange.ts";
import { explainS3 } from "./explain-s3.ts";
import { type ResolvedS3, urlOfKey } from "./s3-place.ts";

/** A request to the bucket. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Of an object; default: the bucket itself is asked. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For messages: "write x". */
  readonly what: string;
  /** Statuses that are no failure, besides 2xx. */
  readonly accept?: readonly number[];
  readonly mostBytes?: number;
}

const SILENCE_MS = 20_000;
/** Nothing comes while a part is sent: eight MiB at 128 kbit/s. */
const SENDING_MS = 600_000;
const MOST_ANSWER_BYTES = 16 * MIB;
const MOST_PAGES = 1000;

/** What may be otherwise in a moment. Source: "Error Responses", Amazon S3 API Reference. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const PASSING_CODES: ReadonlySet<string> = new Set([
  ...["RequestTimeout", "IncompleteBody", "BadDigest", "SlowDown", "OperationAborted", "ConditionalRequestConflict"],
  ...["InternalError", "ServiceUnavailable", "XAmzContentSHA256Mismatch"],
]);

const isLarge = (body: Uint8Array | undefined): boolean => body !== undefined && body.byteLength > MIB;

const hash = (kind: "sha256" | "md5", bytes: Uint8Array) => new Bun.CryptoHasher(kind).update(bytes);

/** Asks a bucket, and again while that may help. */
export class S3Client {
  readonly place: ResolvedS3;
  readonly #keys: AccessKeys;
  readonly #wire: PatientWire;

  constructor(place: ResolvedS3, keys: AccessKeys, wire: PatientWire) {
    this.place = place;
    this.#keys = keys;
    this.#wire = wire;
  }

  /** The same for another time of waiting. */
  with(wire: Partial<PatientWire>): S3Client {
    return new S3Client(this.place, this.#keys, { ...this.#wire, ...wire });
  }

  /** The same server, bucket and key, for another place in it. */
  at(place: ResolvedS3): S3Client {
    return new S3Client(place, this.#keys, this.#wire);
  }

  /** One try. Throws what the wire throws. */
  async tryOnce({ method, key, query = {}, headers = {}, body, mostBytes }: S3Request): Promise<HttpAnswer> {
    const { host, exchange, signal } = this.#wire;
    const url = key === undefined ? urlOfKey(this.place, "").replace(/\/$/, "") : urlOfKey(this.place, key);
    const sums = body ? { "content-md5": hash("md5", body).digest("base64") } : {};
    const bodySha256 = body ? hash("sha256", body).digest("hex") : EMPTY_SHA256;
    const unsigned = { method, url: new URL(url).href, query, headers: { ...headers, ...sums }, bodySha256 };
    const signed = signHeaders(unsigned, this.#keys, this.place.region, host.nowMs());
    const asked = encodeQuery(query);
    return exchange({
      ...{ method, url: asked === "" ? url : `${url}?${asked}`, headers: signed },
      ...(body ? { body } : {}),
      ...(signal ? { signal } : {}),
      silenceMs: isLarge(body) ? SENDING_MS : SILENCE_MS,
      mostBytes: mostBytes ?? MOST_ANSWER_BYTES,
    });
  }

  /** A failure that trying again does not change; `undefined` for one that may pass. */
  finalProblem(answer: HttpAnswer, { what }: Pick<S3Request, "what">): MondoError | undefined {
    const failure = decodeFailure(decodeText(answer.bytes));
    if (PASSING_STATUSES.has(answer.status) || PASSING_CODES.has(failure?.code ?? "")) return undefined;
    const { place } = this;
    const question = { place, what, keyId: this.#keys.id, nowMs: this.#wire.host.nowMs() };
    return explainS3({ ...question, date: answer.headers.get("date") }, answer.status, failure);
  }

  /** The answer, when it is a good one or accepted; `isGood` looks closer at one of 2xx. Throws one sentence. */
  ask(request: S3Request, isGood: (answer: HttpAnswer) => boolean = () => true): Promise<HttpAnswer> {
    const { what, accept, body } = request;
    return askPatiently(this.#wire, {
      ...{ origin: this.place.endpoint, what, isGood, isSending: isLarge(body), ...(accept ? { accept } : {}) },
      tryOnce: () => this.tryOnce(request),
      finalProblem: (answer) => this.finalProblem(answer, request),
      // Many machines that were sent away at once must not come back at once.
      pause: (ms) => ms * (0.75 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) / 512),
      hint: () => msg`Look at the object store, at its address, and at the cable.`,
    });
  }

  /** One page of what is below a prefix (with its slash), directory by directory or (`deep`) all of it. */
  async listPage(
    prefix: string,
    { deep = false, token, most = 1000 }: { deep?: boolean; token?: string | undefined; most?: number } = {},
  ): Promise<Listing> {
    const query = {
      ...{ "list-type": "2", "encoding-type": "url", "max-keys": String(most), prefix },
      ...(deep ? {} : { delimiter: "/" }),
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const what = msg`list what is below ${prefix === "" ? msg`the root` : prefix}`;
    const request = { method: "GET", query, what } as const;
    let found: Listing | undefined;
    await this.ask(request, ({ bytes }) => {
      found = decodeListing(decodeText(bytes));
      return found !== undefined;
    });
    return found ?? { objects: [], directories: [], next: undefined };
  }

  /** All pages, `most` names at most. A server that goes on for ever is stopped. */
  async list(prefix: string, deep: boolean, most: number): Promise<{ objects: ListedObject[]; directories: string[] }> {
    const [objects, directories]: [ListedObject[], string[]] = [[], []];
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const found = await this.listPage(prefix, { deep, token });
      objects.push(...found.objects);
      directories.push(...found.directories);
      if (objects.length + directories.length > most) break;
      if (found.next === undefined || found.next === token) return { objects, directories };
      token = found.next;
    }
    throw new MondoError(
      "refused",
      msg`${this.place.bucket} lists more than ${most} names below ${prefix || msg`its root`}`,
      {
        hint: msg`Name the directory of one machine.`,
      },
    );
  }
}
