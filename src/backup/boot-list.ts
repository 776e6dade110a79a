import { type BootDigests, bootTextOf, encodeBootDigests } from "../archive/set/boot-digests.ts";
import type { FileSpan } from "../archive/set-files.ts";
import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { signText } from "./sign-set.ts";

/** Whose boot files they are, and the key that signs for them, if any. */
export interface BootSigner {
  readonly set: string;
  readonly key?: string | undefined;
}

/** The list of what boots as text, signed where there is a key. */
export async function signedList(host: Host, digests: BootDigests, { set, key }: BootSigner): Promise<string> {
  if (key === undefined) return encodeBootDigests(digests);
  const whole = { ...digests, set };
  return encodeBootDigests(whole, await signText(host, key, "mondo-boot", bootTextOf(whole)));
}

/** SHA-256 of a range of a file, as hex. */
export function digestOf(host: Host, { path, offset, sizeBytes }: FileSpan): string {
  const sha = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < sizeBytes; at += MIB) {
    sha.update(host.readAt(path, offset + at, Math.min(MIB, sizeBytes - at)));
  }
  return sha.digest("hex");
}

/** The list of digests of a directory set: of these files below its root. */
export async function bootListOf(
  host: Host,
  root: string,
  names: readonly string[],
  signer: BootSigner,
): Promise<string> {
  const files = names.map((name) => {
    const path = `${root}/${name}`;
    return { name, sha256: digestOf(host, { path, offset: 0, sizeBytes: host.stat(path)?.sizeBytes ?? 0 }) };
  });
  return await signedList(host, { files }, signer);
}
