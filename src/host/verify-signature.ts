import { createPublicKey, verify } from "node:crypto";

/** An Ed25519 public key before its 32 bytes, as SubjectPublicKeyInfo. Source: RFC 8410, 10.1. */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** Whether an Ed25519 key (32 bytes) has made this signature (64 bytes) of a message. */
export function isSignedBy(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_HEAD, key]), format: "der", type: "spki" });
  return verify(null, message, publicKey, signature);
}
