/**
 * An object store for tests, as strict as Amazon's where that counts: signatures, clocks, checksums, policies, ranges,
 * parts, conditions and locks. Written by the documentation, apart from the client.
 *
 * bun test/support/s3-server.ts DIRECTORY PORT KEY SECRET [BREAK]: serves DIRECTORY/BUCKET/… on all addresses until
 * killed; once there is a file BREAK, it goes, and the server dies in the middle of the next part that it is sent.
 */
import { createHash, createHmac } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { S3Disk, tagOf } from "./s3-disk.ts";

export type Right = "list" | "read" | "write" | "delete" | "abort" | "bypass";
export const EVERY_RIGHT: readonly Right[] = ["list", "read", "write", "delete", "abort"];

export interface ServerKey {
  readonly secret: string;
  readonly may: readonly Right[];
  /** The policy of the bucket refuses writes without `if-none-match` (s3:if-none-match). */
  readonly onlyNew?: boolean;
}

interface Version {
  readonly id: string;
  readonly body: Blob;
  readonly etag: string;
  readonly isMarker: boolean;
  readonly lockedUntilMs: number;
  /** `x-amz-meta-…` */
  readonly meta: Readonly<Record<string, string>>;
}

type Meta = Version["meta"];

const metaOf = ({ headers }: Request): Meta =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-amz-meta-")));

/** An upload that was begun. */
export interface Upload {
  readonly key: string;
  readonly meta: Meta;
  readonly parts: Map<number, { etag: string; bytes: Uint8Array }>;
}

/** What of a server outlives it. What throws ENOSPC is answered as a full server does. */
export interface S3Keeper {
  object(bucket: string, key: string, body: Blob): Promise<void>;
  removed(bucket: string, key: string): void;
  begun(id: string, upload: Upload): void;
  part(id: string, number: number, bytes: Uint8Array): void;
  ended(id: string): void;
}

export interface S3Options {
  readonly keys: Readonly<Record<string, ServerKey>>;
  readonly region?: string;
  /** Days for which what is written is locked (COMPLIANCE). */
  readonly lockDays?: number;
  readonly port?: number;
  readonly hostname?: string;
  readonly nowMs?: () => number;
  readonly mostKeys?: number;
  /** What goes wrong: an answer instead of the true one; "cut" gives half of the true one. */
  fault?(request: Request, number: number): Response | "cut" | "lost" | undefined | Promise<Response | undefined>;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly more: string;

  constructor(status: number, code: string, more = "") {
    super(code);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** That of a disk that is full is MinIO's. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Error && "code" in error && error.code === "ENOSPC")
    return new Refusal(507, "XMinioStorageFull");
  throw error;
}

const xml = (text: string, status = 200) =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`, {
    status,
    headers: { "content-type": "application/xml" },
  });
const hex = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
const encode = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
const urlEncoded = (text: string) => encode(text).replaceAll("%20", "+").replaceAll("%2F", "/");
const SKEW_MS = 15 * 60_000;
const LEAST_PART = 5 << 20;

export class S3Server {
  readonly asked: { readonly method: string; readonly key: string; readonly query: string }[] = [];
  readonly buckets = new Map<string, Map<string, Version[]>>();
  readonly uploads = new Map<string, Upload>();
  /** Most requests for objects that were under way at a time. */
  mostInFlight = 0;
  readonly #options: S3Options;
  readonly #server: ReturnType<typeof Bun.serve>;
  readonly #keeper: S3Keeper | undefined;
  #inFlight = 0;
  #count = 0;

  constructor(options: S3Options, keeper?: S3Keeper) {
    this.#options = options;
    this.#keeper = keeper;
    this.#server = Bun.serve({
      hostname: options.hostname ?? "127.0.0.1",
      port: options.port ?? 0,
      idleTimeout: 60,
      maxRequestBodySize: 1 << 30,
      fetch: (request) => this.#answer(request),
    });
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  bucket(name: string): Map<string, Version[]> {
    const known = this.buckets.get(name) ?? new Map<string, Version[]>();
    this.buckets.set(name, known);
    return known;
  }

  /** Keys that are there now. */
  keysIn(bucket: string): string[] {
    return [...this.bucket(bucket)].filter(([, versions]) => this.#newest(versions)).map(([key]) => key);
  }

  place(bucket: string, key: string, body: Blob, etag = hex(key + body.size), meta: Meta = {}): void {
    const lockedUntilMs = this.#now() + (this.#options.lockDays ?? 0) * 86_400_000;
    const versions = this.bucket(bucket).get(key) ?? [];
    this.bucket(bucket).set(key, versions);
    versions.push({ id: `v${++this.#count}`, body, etag: `"${etag}"`, isMarker: false, lockedUntilMs, meta });
  }

  /** All versions that still hold something, oldest first. */
  versionsOf(bucket: string, key: string): Version[] {
    return (this.bucket(bucket).get(key) ?? []).filter(({ isMarker }) => !isMarker);
  }

  #now(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }

  #newest(versions: readonly Version[] | undefined): Version | undefined {
    const last = versions?.at(-1);
    return last?.isMarker ? undefined : last;
  }

  async #answer(request: Request): Promise<Response> {
    const number = this.asked.length;
    const url = new URL(request.url);
    this.asked.push({ method: request.method, key: decodeURIComponent(url.pathname), query: url.search });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    try {
      const fault = await this.#options.fault?.(request, number);
      if (fault instanceof Response) return fault;
      const response = await this.#serve(request, url);
      if (fault === "cut") return cut(response);
      // It was done, and nobody hears of it.
      return fault === "lost" ? new Response(null, { status: 502 }) : response;
    } catch (error) {
      const { status, code, more } = refusalOf(error);
      const text = `<Error><Code>${code}</Code><Message>${code} &amp; so on</Message>${more}</Error>`;
      return request.method === "HEAD" ? new Response(null, { status }) : xml(text, status);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Who asks. Throws what Amazon answers. */
  #authenticate(request: Request, url: URL, body: Uint8Array): ServerKey {
    const query = new URLSearchParams(url.search);
    const isPresigned = query.has("X-Amz-Signature");
    const [, credential = "", names = "", signature = ""] = isPresigned
      ? ["", query.get("X-Amz-Credential") ?? "", query.get("X-Amz-SignedHeaders") ?? "", query.get("X-Amz-Signature")]
      : (/^AWS4-HMAC-SHA256 Credential=(\S+?), ?SignedHeaders=(\S+?), ?Signature=([0-9a-f]{64})$/.exec(
          request.headers.get("authorization") ?? "",
        ) ?? []);
    if (credential === "") throw new Refusal(403, "AccessDenied");
    const [id = "", day = "", region = "", service] = credential.split("/");
    const key = this.#options.keys[id];
    if (!key) throw new Refusal(403, "InvalidAccessKeyId");
    const time = (isPresigned ? query.get("X-Amz-Date") : request.headers.get("x-amz-date")) ?? "";
    const at = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    const late = isPresigned ? Number(query.get("X-Amz-Expires")) * 1000 : SKEW_MS;
    if (!(at - SKEW_MS <= this.#now())) throw new Refusal(403, "RequestTimeTooSkewed");
    if (this.#now() > at + late) throw new Refusal(403, isPresigned ? "AccessDenied" : "RequestTimeTooSkewed");
    const wanted = this.#options.region ?? "us-east-1";
    if (region !== wanted) throw new Refusal(400, "AuthorizationHeaderMalformed", `<Region>${wanted}</Region>`);
    if (service !== "s3" || day !== time.slice(0, 8)) throw new Refusal(403, "SignatureDoesNotMatch");
    const list = names.split(";");
    if (!list.includes("host")) throw new Refusal(403, "SignatureDoesNotMatch");
    for (const [name] of request.headers) {
      if (name.startsWith("x-amz-") && !list.includes(name)) throw new Refusal(403, "AccessDenied");
    }
    const claimed = isPresigned ? "UNSIGNED-PAYLOAD" : (request.headers.get("x-amz-content-sha256") ?? "");
    if (!isPresigned && claimed !== hex(body)) throw new Refusal(400, "XAmzContentSHA256Mismatch");
    const path = url.pathname.split("/").map(decodeURIComponent).map(encode).join("/");
    const pairs = [...query]
      .filter(([name]) => name !== "X-Amz-Signature")
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort();
    const headers = list.map((name) => `${name}:${(request.headers.get(name) ?? "").trim()}\n`).join("");
    const text = [request.method, path, pairs.join("&"), headers, names, claimed].join("\n");
    const mac = (with_: string | Buffer, what: string) => createHmac("sha256", with_).update(what).digest();
    const signing = [region, "s3", "aws4_request"].reduce(mac, mac(`AWS4${key.secret}`, day));
    const scope = `${day}/${region}/s3/aws4_request`;
    const expected = mac(signing, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hex(text)}`).toString("hex");
    if (expected !== signature) throw new Refusal(403, "SignatureDoesNotMatch");
    return key;
  }

  async #serve(request: Request, url: URL): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    const key = this.#authenticate(request, url, body);
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const name = rest.map(decodeURIComponent).join("/");
    const objects = this.buckets.get(bucket);
    if (!objects) throw new Refusal(404, "NoSuchBucket");
    const query = new URLSearchParams(url.search);
    const md5 = request.headers.get("content-md5");
    const isWrite = request.method === "PUT" || (request.method === "POST" && query.has("uploadId"));
    if (this.#options.lockDays && request.method === "PUT" && md5 === null) throw new Refusal(400, "InvalidRequest");
    if (md5 !== null && md5 !== createHash("md5").update(body).digest("base64")) throw new Refusal(400, "BadDigest");
    const need = (right: Right) => {
      if (!key.may.includes(right)) throw new Refusal(403, "AccessDenied");
    };
    if (isWrite && key.onlyNew && !query.has("partNumber") && request.headers.get("if-none-match") !== "*") {
      throw new Refusal(403, "AccessDenied");
    }
    if (name === "" && request.method === "GET") {
      need("list");
      if (query.has("uploads")) return this.#listUploads(query.get("prefix") ?? "");
      return this.#list(objects, bucket, query);
    }
    if (request.method === "GET" || request.method === "HEAD") {
      need("read");
      return this.#get(request, objects.get(name), query.get("versionId"));
    }
    if (request.method === "DELETE") {
      if (query.has("uploadId")) {
        need("abort");
        const id = query.get("uploadId") ?? "";
        if (!this.uploads.delete(id)) throw new Refusal(404, "NoSuchUpload");
        this.#keeper?.ended(id);
        return new Response(null, { status: 204 });
      }
      need("delete");
      if (query.get("versionId") === null) this.#keeper?.removed(bucket, name);
      return this.#delete(key, objects, name, query.get("versionId"));
    }
    need("write");
    if (request.method === "POST" && query.has("uploads")) return this.#begin(bucket, name, metaOf(request));
    if (request.method === "PUT" && query.has("partNumber")) return this.#part(query, body);
    if (request.method === "POST") return this.#complete(request, bucket, name, query, body);
    return this.#put(request, bucket, name, body);
  }

  #list(objects: ReadonlyMap<string, Version[]>, bucket: string, query: URLSearchParams): Response {
    const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
    const most = Math.min(this.#options.mostKeys ?? 1000, Number(query.get("max-keys") ?? 1000));
    const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
    const seen = new Map<string, string>();
    const isEncoded = query.get("encoding-type") === "url";
    const shown = (text: string) =>
      isEncoded ? urlEncoded(text) : text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    for (const [key, versions] of [...objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      const newest = this.#newest(versions);
      if (!newest || !key.startsWith(prefix)) continue;
      const cutAt = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const name = cutAt < 0 ? key : key.slice(0, cutAt + 1);
      if (name <= after || seen.has(name)) continue;
      const item =
        cutAt < 0
          ? `<Contents><Key>${shown(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>${newest.etag.replaceAll('"', "&quot;")}</ETag><Size>${newest.body.size}</Size></Contents>`
          : `<CommonPrefixes><Prefix>${shown(name)}</Prefix></CommonPrefixes>`;
      seen.set(name, item);
      if (seen.size > most) break;
    }
    const page = [...seen].slice(0, most);
    const isMore = seen.size > most;
    const token = isMore ? Buffer.from(page.at(-1)?.[0] ?? "").toString("base64") : "";
    return xml(
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><Prefix>${shown(prefix)}</Prefix>${isEncoded ? "<EncodingType>url</EncodingType>" : ""}<IsTruncated>${isMore}</IsTruncated>${isMore ? `<NextContinuationToken>${token}</NextContinuationToken>` : ""}${page.map(([, item]) => item).join("")}</ListBucketResult>`,
    );
  }

  #listUploads(prefix: string): Response {
    const items = [...this.uploads]
      .filter(([, { key }]) => key.slice(key.indexOf("/") + 1).startsWith(prefix))
      .map(
        ([id, { key }]) => `<Upload><Key>${key.slice(key.indexOf("/") + 1)}</Key><UploadId>${id}</UploadId></Upload>`,
      );
    return xml(`<ListMultipartUploadsResult>${items.join("")}</ListMultipartUploadsResult>`);
  }

  #get(request: Request, versions: Version[] | undefined, versionId: string | null): Response {
    const found =
      versionId === null ? this.#newest(versions) : versions?.find(({ id, isMarker }) => id === versionId && !isMarker);
    if (!found) throw new Refusal(404, "NoSuchKey");
    const match = request.headers.get("if-match");
    if (match !== null && match !== found.etag) throw new Refusal(412, "PreconditionFailed");
    const { body, etag, meta } = found;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
    const whole = request.method === "HEAD" ? null : body;
    if (!range) return new Response(whole, { headers: { ...meta, etag, "content-length": String(body.size) } });
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), body.size - 1)];
    if (from >= body.size) {
      return new Response("<Error><Code>InvalidRange</Code></Error>", {
        status: 416,
        headers: { "content-range": `bytes */${body.size}` },
      });
    }
    const headers = { etag, "content-range": `bytes ${from}-${to}/${body.size}` };
    return new Response(body.slice(from, to + 1), { status: 206, headers });
  }

  #delete(key: ServerKey, objects: Map<string, Version[]>, name: string, versionId: string | null): Response {
    const versions = objects.get(name) ?? [];
    const marker = { id: `v${++this.#count}`, body: new Blob(), etag: "", isMarker: true, lockedUntilMs: 0, meta: {} };
    if (versionId === null) {
      if (this.#options.lockDays === undefined) objects.delete(name);
      else versions.push(marker);
      return new Response(null, { status: 204 });
    }
    const at = versions.findIndex(({ id }) => id === versionId);
    const isLocked = (versions[at]?.lockedUntilMs ?? 0) > this.#now();
    if (isLocked && !key.may.includes("bypass")) throw new Refusal(403, "AccessDenied");
    if (isLocked) throw new Refusal(403, "AccessDenied");
    if (at >= 0) versions.splice(at, 1);
    return new Response(null, { status: 204 });
  }

  #requireNew(request: Request, bucket: string, name: string): void {
    const condition = request.headers.get("if-none-match");
    if (condition !== null && condition !== "*") throw new Refusal(501, "NotImplemented");
    if (condition === "*" && this.#newest(this.bucket(bucket).get(name))) throw new Refusal(412, "PreconditionFailed");
  }

  async #keep(bucket: string, name: string, bytes: Uint8Array, etag: string, meta: Meta): Promise<Response> {
    const body = new Blob([new Uint8Array(bytes)]);
    await this.#keeper?.object(bucket, name, body);
    this.place(bucket, name, body, etag, meta);
    return new Response(null, { headers: { etag: `"${etag}"` } });
  }

  #put(request: Request, bucket: string, name: string, bytes: Uint8Array): Promise<Response> {
    this.#requireNew(request, bucket, name);
    return this.#keep(bucket, name, bytes, createHash("md5").update(bytes).digest("hex"), metaOf(request));
  }

  #begin(bucket: string, name: string, meta: Meta): Response {
    const [id, upload] = [`u${crypto.randomUUID()}`, { key: `${bucket}/${name}`, meta, parts: new Map() }];
    this.#keeper?.begun(id, upload);
    this.uploads.set(id, upload);
    return xml(`<InitiateMultipartUploadResult><Key>x</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  #part(query: URLSearchParams, bytes: Uint8Array): Response {
    const upload = this.uploads.get(query.get("uploadId") ?? "");
    if (!upload) throw new Refusal(404, "NoSuchUpload");
    const number = Number(query.get("partNumber"));
    if (!(number >= 1 && number <= 10_000)) throw new Refusal(400, "InvalidArgument");
    const etag = tagOf(bytes);
    this.#keeper?.part(query.get("uploadId") ?? "", number, bytes);
    upload.parts.set(number, { etag, bytes });
    return new Response(null, { headers: { etag } });
  }

  async #complete(
    request: Request,
    bucket: string,
    name: string,
    query: URLSearchParams,
    body: Uint8Array,
  ): Promise<Response> {
    const id = query.get("uploadId") ?? "";
    const upload = this.uploads.get(id);
    if (upload?.key !== `${bucket}/${name}`) throw new Refusal(404, "NoSuchUpload");
    this.#requireNew(request, bucket, name);
    const wanted = [
      ...new TextDecoder().decode(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g),
    ].map(([, number, etag]) => ({ part: upload.parts.get(Number(number)), etag: etag?.replaceAll("&quot;", '"') }));
    if (wanted.length === 0 || wanted.some(({ part, etag }) => part?.etag !== etag))
      throw new Refusal(400, "InvalidPart");
    const bytes = wanted.map(({ part }) => part?.bytes ?? new Uint8Array(0));
    if (bytes.slice(0, -1).some(({ byteLength }) => byteLength < LEAST_PART)) throw new Refusal(400, "EntityTooSmall");
    await this.#keep(bucket, name, Buffer.concat(bytes), `${hex(id).slice(0, 32)}-${wanted.length}`, upload.meta);
    this.uploads.delete(id);
    this.#keeper?.ended(id);
    return xml(`<CompleteMultipartUploadResult><Key>x</Key></CompleteMultipartUploadResult>`);
  }
}

/** The first half, as if that were all. */
async function cut(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  return new Response(bytes.subarray(0, bytes.byteLength >> 1), { status: response.status, headers });
}

if (import.meta.main) {
  const [directory = ".", port = "9000", id = "", secret = "", breaks] = process.argv.slice(2);
  let served = 0;
  const fault = ({ method, url }: Request): "cut" | undefined => {
    if (breaks !== undefined && url.includes("partNumber=") && existsSync(breaks)) {
      rmSync(breaks);
      process.exit(1);
    }
    // As a proxy's or a balancer's would.
    return method === "GET" && ++served % 100 === 0 ? "cut" : undefined;
  };
  const disk = new S3Disk(directory);
  const keys = { [id]: { secret, may: EVERY_RIGHT } };
  disk.restore(new S3Server({ keys, port: Number(port), hostname: "0.0.0.0", fault }, disk));
}
