import type { Manifest } from "../archive/set/manifest.ts";
import { encodeManifest } from "../archive/set/manifest.ts";
import { type SignedThing, signatureFlaw } from "../archive/set/signature.ts";
import { signedTextOf } from "../archive/set/signed-text.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { decodeSshSignature, publicKeysIn, renderPublicKey, unarmored } from "../formats/archive/ssh-signature.ts";
import type { Host } from "../host/host.ts";

/** Time for a person to type a pass phrase, or touch a key. */
const PATIENCE_MS = 120_000;

const HINT = msg`Name an Ed25519 key of OpenSSH that needs no pass phrase (ssh-keygen -t ed25519 -N '' -f KEY), or KEY.pub of one that ssh-agent holds.`;

const failed = (key: string, why: string, cause?: unknown) =>
  new MondoError("tool-failed", msg`signing with ${key} failed: ${why}`, { hint: HINT, cause });

/** The signature of a text in base64, by ssh-keygen: it knows keys with pass phrases and those of agents, too. */
export async function signText(host: Host, key: string, thing: SignedThing, text: string): Promise<string> {
  const { SSH_AUTH_SOCK } = host.env;
  const agent = SSH_AUTH_SOCK === undefined ? {} : { env: { SSH_AUTH_SOCK } };
  const argv = ["ssh-keygen", "-Y", "sign", "-q", "-n", thing, "-f", key];
  let stdout: string;
  try {
    ({ stdout } = await host.run({ argv, input: text, timeoutMs: PATIENCE_MS, ...agent }));
  } catch (error) {
    throw failed(key, messageOf(error), error);
  }
  const signature = unarmored(stdout);
  const found = signature === undefined ? undefined : decodeSshSignature(signature);
  if (signature === undefined || !found) throw failed(key, msg`it is not an Ed25519 key`);
  const flaw = signatureFlaw({ text, signature }, thing, publicKeysIn(renderPublicKey(found.publicKey)));
  if (flaw === undefined) return signature;
  throw failed(key, msg`ssh-keygen's signature ${flaw}`);
}

/** The line of the public key with which a set will be signed, found by signing something: now, not hours later. */
export async function signingKey(host: Host, key: string): Promise<string> {
  if (host.which("ssh-keygen") === undefined) {
    throw new MondoError("tool-missing", msg`--sign needs ssh-keygen, which is not installed`, {
      hint: msg`Install openssh-client.`,
    });
  }
  if (!host.exists(key)) throw new MondoError("not-found", msg`--sign ${key} does not exist`, { hint: HINT });
  const found = decodeSshSignature(await signText(host, key, "mondo-set", "trial\n"));
  if (!found) throw failed(key, msg`it is not an Ed25519 key`);
  return renderPublicKey(found.publicKey);
}

/** The manifest with its signature. */
export async function signManifest(host: Host, key: string | undefined, manifest: Manifest): Promise<Manifest> {
  if (key === undefined) return manifest;
  const signature = await signText(host, key, "mondo-set", signedTextOf(encodeManifest(manifest)));
  return { ...manifest, signature };
}
