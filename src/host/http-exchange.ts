import { msg } from "../base/message.ts";
import { trustedAuthorities } from "./authorities.ts";

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, or a file of this machine. */
  readonly body?: Uint8Array | { readonly file: string };
  /** How long nothing may come before it counts as failed; while a body is sent nothing does. */
  readonly silenceMs: number;
  /** An answer that is longer is cut there. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
}

/** A server said nothing for `silenceMs`. */
export class Silence extends Error {}

/** An answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Pick<Headers, "get">;
  /** Fewer than the server announced when the connection broke, or when it's too long. */
  readonly bytes: Uint8Array;
  /** All that the server announced has come. */
  readonly isWhole: boolean;
}

/** Sends a request; redirects are answers like others. Replaced in tests. */
export type Exchange = (request: HttpRequest) => Promise<HttpAnswer>;

interface Received {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/** What comes until the end, a broken connection, silence, or enough. */
async function receive(response: Response, mostBytes: number, alive: () => void): Promise<Received> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      const part = chunk.subarray(0, mostBytes - length);
      parts.push(part);
      length += part.byteLength;
      if (part.byteLength < chunk.byteLength) return { bytes: Buffer.concat(parts), isWhole: false };
    }
  } catch {
    return { bytes: Buffer.concat(parts), isWhole: false };
  }
  const announced = Number(response.headers.get("content-length") ?? length);
  return { bytes: Buffer.concat(parts), isWhole: length === announced };
}

/** A copy of its own: the engine may not look at bytes that others write to. */
const bodyOf = (body: NonNullable<HttpRequest["body"]>) =>
  body instanceof Uint8Array ? new Uint8Array(body) : Bun.file(body.file);

/** The machine's own authorities count. */
function trustFor(url: string): BunFetchRequestInit {
  const ca = url.startsWith("https:") ? trustedAuthorities() : undefined;
  return ca === undefined ? {} : { tls: { ca: [...ca] } };
}

/** Throws when the server can't be reached; `Silence` when it says nothing for too long. */
export const httpExchange: Exchange = async ({ method, url, headers, body, silenceMs, mostBytes, signal }) => {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  const silent = () => controller.abort(new Silence(msg`nothing came for ${Math.round(silenceMs / 1000)} s`));
  let timer = setTimeout(silent, silenceMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(silent, silenceMs);
  };
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const response = await fetch(url, {
      ...{ method, redirect: "manual", signal: controller.signal },
      headers: { ...headers, "accept-encoding": "identity" },
      ...trustFor(url),
      ...(body === undefined ? {} : { body: bodyOf(body) }),
    });
    alive();
    const headOnly = { bytes: new Uint8Array(0), isWhole: true };
    const { bytes, isWhole } = method === "HEAD" ? headOnly : await receive(response, mostBytes, alive);
    if (!isWhole) controller.abort();
    return { status: response.status, headers: response.headers, bytes, isWhole };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
};
