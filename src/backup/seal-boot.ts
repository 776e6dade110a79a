import {
  BOOT_HEAD_BYTES,
  BOOT_LIST_NAME,
  type BootDigests,
  bootTextOf,
  encodeBootDigests,
} from "../archive/set/boot-digests.ts";
import { bootFilesOf } from "../archive/set/boot-part.ts";
import { spansOf } from "../archive/set/iso-medium.ts";
import type { FileSpan } from "../archive/set-files.ts";
import { encodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { signText } from "./sign-set.ts";

/** Whose boot files they are, and the key that signs for them, if any. */
export interface BootSigner {
  readonly set: string;
  readonly key?: string | undefined;
}

/** The list, signed where there is a key. */
async function signedList(host: Host, digests: BootDigests, { set, key }: BootSigner): Promise<string> {
  if (key === undefined) return encodeBootDigests(digests);
  const whole = { ...digests, set };
  return encodeBootDigests(whole, await signText(host, key, "mondo-boot", bootTextOf(whole)));
}

/** SHA-256 of a range of a file, as hex. */
function digestOf(host: Host, { path, offset, sizeBytes }: FileSpan): string {
  const sha = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < sizeBytes; at += MIB) {
    sha.update(host.readAt(path, offset + at, Math.min(MIB, sizeBytes - at)));
  }
  return sha.digest("hex");
}

/**
 * Fills in the list of digests of what boots on an image that is otherwise complete. Afterwards, because only then it
 * is known what xorriso has made of the loader (its table of places) and of the first sectors.
 */
export async function sealBoot(host: Host, iso: string, signer: BootSigner): Promise<void> {
  const place = spansOf(host, iso).get(BOOT_LIST_NAME);
  if (!place) throw new MondoError("bug", `${iso} has no ${BOOT_LIST_NAME}`);
  const files = [...bootFilesOf(host, iso)].map(([name, span]) => ({ name, sha256: digestOf(host, span) }));
  const head = digestOf(host, { path: iso, offset: 0, sizeBytes: BOOT_HEAD_BYTES });
  host.writeAt(iso, place.offset, encodeText(await signedList(host, { head, files }, signer)));
  host.syncFile(iso);
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
