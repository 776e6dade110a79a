import { msg } from "../base/message.ts";
import { fetchFollowing } from "./follow-redirects.ts";
import { decodeContentRange, versionIn } from "./partial-content.ts";

/** A web server's answer to a request for a part of a file. */
export interface HttpPart {
  readonly status: number;
  /** Size of the whole file; `undefined` when the server doesn't say. */
  readonly totalBytes: number | undefined;
  /** Where the part begins; absent when the server doesn't say. */
  readonly start?: number | undefined;
  /** Changes when the file does; empty when the server sends none. */
  readonly version: string;
  /** What arrived: fewer bytes than asked for when the connection broke. */
  readonly bytes: Uint8Array;
}

/** A connection that is silent for this long is dead. */
const SILENCE_MS = 20_000;

/** Reads until the end, a broken connection, or silence; never throws once data has begun to arrive. */
async function drain(response: Response, length: number, alive: () => void): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      const part = chunk.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.byteLength;
      if (filled === length) break;
    }
  } catch {
    // What arrived is good: the caller asks for the rest.
  }
  return bytes.subarray(0, filled);
}

/** Asks a web server for a part of a file. Throws when it can't be reached at all. */
export async function fetchPart(url: string, offset: number, length: number): Promise<HttpPart> {
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(), SILENCE_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), SILENCE_MS);
  };
  try {
    const headers = { range: `bytes=${offset}-${offset + length - 1}`, "accept-encoding": "identity" };
    const response = await fetchFollowing(url, { headers, signal: controller.signal });
    alive();
    const version = versionIn(response.headers);
    const wanted = response.status === 206;
    if (!wanted) controller.abort();
    const bytes = wanted ? await drain(response, length, alive) : new Uint8Array(0);
    return { status: response.status, ...decodeContentRange(response.headers.get("content-range")), version, bytes };
  } finally {
    clearTimeout(timer);
  }
}

/** Posts a value as JSON; returns the status of the answer. Throws when there is none in time. */
export async function postJson(url: string, value: object, limitMs: number): Promise<number> {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(limitMs);
  const response = await fetchFollowing(url, { method: "POST", headers, body: JSON.stringify(value), signal });
  return response.status;
}

/** A small text from a web server, with its status. Throws when there is no answer in time, or when it is too long. */
export async function fetchText(
  url: string,
  { limitMs, mostBytes }: { readonly limitMs: number; readonly mostBytes: number },
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetchFollowing(url, { signal: AbortSignal.timeout(limitMs) });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes) throw new Error(msg`it is longer than ${mostBytes} bytes`);
    parts.push(part);
  }
  return { status: response.status, text: new TextDecoder().decode(Buffer.concat(parts)) };
}
