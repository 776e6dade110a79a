/**
 * Signatures and public keys of OpenSSH, Ed25519 alone. Source: OpenSSH's PROTOCOL.sshsig, RFC 4251 (string, uint32),
 * RFC 8709.
 */

/** A public key: 32 bytes, and its line for people: `ssh-ed25519 AAAA… comment`. */
export interface SshPublicKey {
  readonly bytes: Uint8Array;
  readonly line: string;
}

/** What a signature says. */
export interface SshSignature {
  readonly publicKey: Uint8Array;
  readonly namespace: string;
  readonly hash: "sha256" | "sha512";
  readonly signature: Uint8Array;
}

const TYPE = "ssh-ed25519";
const MAGIC = "SSHSIG";
const VERSION = 1;
const [KEY_BYTES, SIGNATURE_BYTES] = [32, 64];
const ARMOR = /^-----BEGIN SSH SIGNATURE-----\s+([\w+/=\s]+?)\s*-----END SSH SIGNATURE-----\s*$/;

/** The strings of RFC 4251 in a buffer; undefined when they don't end with it. */
function stringsIn(bytes: Uint8Array, from: number): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strings: Uint8Array[] = [];
  let at = from;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) return undefined;
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length ? strings : undefined;
}

const latin1 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("latin1");

/** The value of a blob `string TYPE, string VALUE`. */
function valueIn(blob: Uint8Array | undefined, length: number): Uint8Array | undefined {
  const [type, value, more] = stringsIn(blob ?? new Uint8Array(), 0) ?? [];
  return latin1(type) === TYPE && value?.length === length && more === undefined ? value : undefined;
}

/** The base64 between the lines BEGIN and END; undefined for anything else. */
export function unarmored(text: string): string | undefined {
  return ARMOR.exec(text)?.[1]?.replaceAll(/\s/g, "");
}

/** The same with the lines, as ssh-keygen -Y verify reads it. */
export function armored(base64: string): string {
  const lines = base64.match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

/** Reads a signature in base64; undefined when it is none, or not of an Ed25519 key. */
export function decodeSshSignature(base64: string): SshSignature | undefined {
  const bytes = Buffer.from(base64, "base64");
  const head = MAGIC.length + 4;
  if (bytes.length < head || latin1(bytes.subarray(0, MAGIC.length)) !== MAGIC) return undefined;
  if (bytes.readUInt32BE(MAGIC.length) !== VERSION) return undefined;
  const [keyBlob, namespace, , hashName, signatureBlob, more] = stringsIn(bytes, head) ?? [];
  const [publicKey, signature] = [valueIn(keyBlob, KEY_BYTES), valueIn(signatureBlob, SIGNATURE_BYTES)];
  const hash = (["sha256", "sha512"] as const).find((name) => name === latin1(hashName));
  if (!publicKey || !signature || !hash || more !== undefined) return undefined;
  return { publicKey, namespace: latin1(namespace), hash, signature };
}

function sshString(value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What the key signs of a message with this digest. */
export function signedBytes({ namespace, hash }: SshSignature, digest: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(MAGIC), ...[namespace, "", hash, digest].map(sshString)]);
}

/** The line of a public key, as ssh-keygen writes it. */
export function renderPublicKey(bytes: Uint8Array): string {
  return `${TYPE} ${Buffer.concat([sshString(TYPE), sshString(bytes)]).toString("base64")}`;
}

/**
 * The Ed25519 keys in a file of public keys: one a line, with anything before and behind, as in id_ed25519.pub,
 * authorized_keys and allowed_signers.
 */
export function publicKeysIn(text: string): SshPublicKey[] {
  return text.split("\n").flatMap((row) => {
    const line = row.trim();
    const base64 = line.startsWith("#") ? undefined : /(?:^|\s)ssh-ed25519\s+([\w+/=]+)/.exec(line)?.[1];
    const bytes = base64 === undefined ? undefined : valueIn(Buffer.from(base64, "base64"), KEY_BYTES);
    return bytes ? [{ bytes, line }] : [];
  });
}
