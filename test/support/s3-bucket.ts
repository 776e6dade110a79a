import { Secret } from "../../src/base/secret.ts";
import { httpExchange } from "../../src/host/http-exchange.ts";
import type { PatientWire } from "../../src/shares/http/patient-exchange.ts";
import { S3Client } from "../../src/shares/s3/s3-client.ts";
import { parseS3, type ResolvedS3, resolveS3 } from "../../src/shares/s3/s3-place.ts";
import { EVERY_RIGHT, type S3Options, S3Server } from "./s3-server.ts";

/** The key that a machine has. */
export const CLIENT = { id: "CLIENT", secret: Secret.ofText("s3cr+et/") };
export const CLIENT_SECRET = "s3cr+et/";

/** A server with the bucket `vault`, and what reaches it. */
export interface BucketLab {
  readonly server: S3Server;
  readonly log: string[];
  place(text?: string): ResolvedS3;
  client(text?: string, keys?: typeof CLIENT, wire?: Partial<PatientWire>): S3Client;
}

/** Pauses are no pauses. */
export const hasty = { nowMs: () => Date.now(), sleep: async () => {} };

/** Such a server for as long as the work takes; by default the key may do everything. */
export async function withBucket(options: Partial<S3Options>, work: (lab: BucketLab) => Promise<void>): Promise<void> {
  const server = new S3Server({ keys: { CLIENT: { secret: CLIENT_SECRET, may: EVERY_RIGHT } }, ...options });
  const log: string[] = [];
  server.bucket("vault");
  const place = (text = "vault/sets") => {
    const parsed = parseS3(`s3+${server.endpoint}/${text}`);
    const resolved = parsed && resolveS3(parsed, {});
    if (!resolved) throw new Error(`${text} is no place`);
    return resolved;
  };
  const wire = { host: hasty, exchange: httpExchange, log: (line: string) => void log.push(line), patienceMs: 3000 };
  try {
    await work({
      ...{ server, log, place },
      client: (text, keys = CLIENT, more = {}) => new S3Client(place(text), keys, { ...wire, ...more }),
    });
  } finally {
    await server.stop();
  }
}
