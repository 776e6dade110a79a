/**
 * AWS Signature Version 4, as object stores want it. Source: "Authenticating Requests (AWS Signature Version 4)", S3
 * API Reference.
 */
import type { Secret } from "../../base/secret.ts";

/** Who asks. */
export interface AccessKeys {
  /** Name of the key: no secret. */
  readonly id: string;
  readonly secret: Secret;
  /** Of a key that is lent for some hours. */
  readonly session?: Secret;
}

/** A request before it is signed: all of its headers but `host`, names in lower case. */
export interface UnsignedRequest {
  readonly method: string;
  /** Without a query; each part of its path is encoded as `encodeAws` does. */
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, lower-case hex. */
  readonly bodySha256: string;
}

/** SHA-256 of nothing. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** RFC 3986: everything but letters, digits and `-._~` as %XX. Pure. */
export const encodeAws = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The query of a URL in the order that is signed. Pure. */
export const encodeQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encodeAws(name)}=${encodeAws(value)}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join("&");

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Uint8Array =>
  new Bun.CryptoHasher("sha256", key).update(text).digest();

/** `20130524T000000Z`. Pure. */
export const awsTime = (nowMs: number): string => new Date(nowMs).toISOString().replace(/[-:]|[.]\d+/g, "");

interface Scope {
  readonly region: string;
  readonly time: string;
}

/** What is signed, and by which of its headers. */
function canonical({ method, url, query, headers, bodySha256 }: UnsignedRequest): { text: string; names: string } {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const signed = names.join(";");
  const path = new URL(url).pathname;
  return { text: [method, path, encodeQuery(query), lines, signed, bodySha256].join("\n"), names: signed };
}

function signatureOf(text: string, secret: Secret, { region, time }: Scope): { scope: string; signature: string } {
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const start = new Uint8Array([...new TextEncoder().encode("AWS4"), ...secret.reveal()]);
  const key = [day, region, "s3", "aws4_request"].reduce<Uint8Array>((last, word) => hmac(last, word), start);
  const signature = Buffer.from(hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(text)].join("\n"))).toString("hex");
  return { scope, signature };
}

const revealed = (secret: Secret): string => new TextDecoder().decode(secret.reveal());

/** The headers of a request with its signature. Pure. */
export function signHeaders(
  request: UnsignedRequest,
  keys: AccessKeys,
  region: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const time = awsTime(nowMs);
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-content-sha256": request.bodySha256,
    "x-amz-date": time,
    ...(keys.session ? { "x-amz-security-token": revealed(keys.session) } : {}),
  };
  const { text, names } = canonical({ ...request, headers: { ...headers, host: new URL(request.url).host } });
  const { scope, signature } = signatureOf(text, keys.secret, { region, time });
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, authorization };
}

/** A URL that lets anyone read one object for `seconds` from now (604,800 at most). Pure. */
export function presignUrl(url: string, keys: AccessKeys, region: string, nowMs: number, seconds: number): string {
  const time = awsTime(nowMs);
  const query = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${keys.id}/${time.slice(0, 8)}/${region}/s3/aws4_request`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(seconds),
    "X-Amz-SignedHeaders": "host",
    ...(keys.session ? { "X-Amz-Security-Token": revealed(keys.session) } : {}),
  };
  const headers = { host: new URL(url).host };
  const { text } = canonical({ method: "GET", url, query, headers, bodySha256: "UNSIGNED-PAYLOAD" });
  const { signature } = signatureOf(text, keys.secret, { region, time });
  return `${url}?${encodeQuery(query)}&X-Amz-Signature=${signature}`;
}
