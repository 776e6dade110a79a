import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";

/** A page that asks for more than this has nothing to do with ours. */
const MOST_BODY_BYTES = 4096;

/** A request, as far as a page of ours needs it. */
export interface PageRequest {
  readonly method: string;
  /** `/`. */
  readonly path: string;
  readonly cookies: ReadonlyMap<string, string>;
  /** Fields of a form that was sent. */
  readonly form: ReadonlyMap<string, string>;
}

/** An answer in HTML. */
export interface PageAnswer {
  readonly status: number;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that runs. */
export interface PageServer {
  readonly port: number;
  /** SHA-256 of the certificate, as browsers show it: `A1:B2:…`. */
  readonly fingerprint: string;
  stop(): void;
}

/** Random bytes for keys and codes. */
export const randomOf = (count: number): Uint8Array => randomBytes(count);

/** Addresses of this machine that others may reach: IPv4 and IPv6, without loopback and link-local ones. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/i.test(address))
    .map(({ address }) => address);
}

function cookiesOf(request: Request): Map<string, string> {
  const pairs = (request.headers.get("cookie") ?? "").split(";").filter((pair) => pair.includes("="));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1)]));
}

async function formOf(request: Request): Promise<Map<string, string>> {
  if (request.method !== "POST") return new Map();
  const length = Number(request.headers.get("content-length") ?? 0);
  if (!(length <= MOST_BODY_BYTES)) return new Map();
  const text = (await request.text()).slice(0, MOST_BODY_BYTES);
  return new Map(new URLSearchParams(text));
}

/** A key that nobody else ever has, on the curve P-256. */
export interface ServerKey {
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  /** PKCS #8, in PEM. */
  readonly secret: Secret;
  /** The ECDSA signature with SHA-256, in DER. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** Makes a key. */
export function newServerKey(): ServerKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    publicKey: publicKey.export({ type: "spki", format: "der" }),
    secret: Secret.ofText(privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    sign: (bytes) => sign("sha256", bytes, privateKey),
  };
}

/** Where pages are served, and as whom. */
export interface PageSite {
  /** 0: any. */
  readonly port: number;
  /** One address; absent: all. */
  readonly address?: string;
  readonly key: ServerKey;
  /** Of the key, in DER. */
  readonly certificate: Uint8Array;
}

/** What is listened on for all addresses: "::" takes IPv4, too, but only a kernel with IPv6 has it. */
export const anyAddress = (exists: (path: string) => boolean): string =>
  exists("/proc/net/if_inet6") ? "::" : "0.0.0.0";

/** Serves pages over HTTPS. Throws what the system says when the port is in use. */
export function serveHttps(
  { port, address, key, certificate }: PageSite,
  answer: (request: PageRequest) => PageAnswer,
): PageServer {
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  const cert = `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  const digest = createHash("sha256").update(certificate).digest("hex").toUpperCase();
  const fingerprint = (digest.match(/../g) ?? []).join(":");
  const tls = { key: key.secret.reveal(), cert };
  const server = Bun.serve({
    ...{
      port,
      hostname: address ?? anyAddress(existsSync),
      tls,
      maxRequestBodySize: MOST_BODY_BYTES,
      development: false,
    },
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const form = await formOf(request);
      const told = answer({ method: request.method, path: pathname, cookies: cookiesOf(request), form });
      const safety = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy":
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      };
      return new Response(request.method === "HEAD" ? null : told.html, {
        status: told.status,
        headers: { ...safety, ...told.headers },
      });
    },
    error: () => new Response(msg`something went wrong\n`, { status: 500 }),
  });
  return { port: server.port ?? port, fingerprint, stop: () => void server.stop(true) };
}
