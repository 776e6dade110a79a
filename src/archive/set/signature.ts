/** Who made a set: signatures of its manifest and of the list of what boots. Source: FORMAT.md, Signature. */

import { encodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { printable } from "../../base/printable.ts";
import {
  decodeSshSignature,
  publicKeysIn,
  type SshPublicKey,
  signedBytes,
} from "../../formats/archive/ssh-signature.ts";
import type { Host } from "../../host/host.ts";
import { isSignedBy } from "../../host/verify-signature.ts";
import type { Manifest } from "./manifest.ts";

/** Where a rescue system has the keys that it trusts. */
export const TRUSTED_KEYS = "/etc/mondo/trusted-keys";

/** What a signature is for: one of something else doesn't count. */
export type SignedThing = "mondo-set" | "mondo-boot";

/** A text with its signature in base64, as it was found. */
export interface SignedText {
  readonly text: string;
  readonly signature: string;
}

/** Keys of files of public keys; who signs with one of them is trusted. Throws `not-found` or `usage`. */
export function readTrustedKeys(host: Pick<Host, "tryReadText">, path: string): SshPublicKey[] {
  const text = host.tryReadText(path);
  if (text === undefined) {
    throw new MondoError("not-found", msg`${path} can't be read`, {
      hint: msg`Name a file with public keys of OpenSSH.`,
    });
  }
  const keys = publicKeysIn(text);
  if (keys.length > 0) return keys;
  throw new MondoError("usage", msg`${path} has no public key of the type ssh-ed25519`, {
    hint: msg`Make a pair with: ssh-keygen -t ed25519 -f KEY. The public key is in KEY.pub.`,
  });
}

/** Why a text isn't signed by one of the keys, as a phrase; undefined: it is. */
export function signatureFlaw(
  signed: SignedText | undefined,
  thing: SignedThing,
  keys: readonly SshPublicKey[],
): string | undefined {
  if (!signed) return msg`is not signed`;
  const found = decodeSshSignature(signed.signature);
  if (found?.namespace !== thing) return msg`has no signature that can be read`;
  const key = keys.find(({ bytes }) => Buffer.from(bytes).equals(found.publicKey));
  if (!key) return msg`is signed by a key that is not trusted`;
  const digest = new Bun.CryptoHasher(found.hash).update(encodeText(signed.text)).digest();
  const isRight = isSignedBy(key.bytes, signedBytes(found, digest), found.signature);
  return isRight ? undefined : msg`is not what was signed: it was changed, or its signature is another's`;
}

/** Why a manifest isn't signed by one of the keys, as a sentence; undefined: it is. */
export function manifestFlaw(
  { state, host, set }: Manifest,
  keys: readonly SshPublicKey[],
  name: string,
): string | undefined {
  const flaw = signatureFlaw(state?.signed, "mondo-set", keys);
  return flaw === undefined ? undefined : msg`the backup in ${name} (${printable(host.name)}, set ${set}) ${flaw}`;
}
