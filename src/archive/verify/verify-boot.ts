import { decodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import type { SshPublicKey } from "../../formats/archive/ssh-signature.ts";
import type { Host } from "../../host/host.ts";
import { BOOT_LIST_BYTES, decodeBootDigests, type ReadBootDigests } from "../set/boot-digests.ts";
import type { BootPart } from "../set/boot-part.ts";
import { signatureFlaw } from "../set/signature.ts";
import type { FileSpan } from "../set-files.ts";
import { verifyFile } from "./verify-volumes.ts";

/** What a check of what boots has shown. */
export interface BootFindings {
  /** What is not as it was written, one sentence each. */
  readonly defects: readonly string[];
  /** Why it could not be checked. */
  readonly uncovered?: string;
}

const NO_DIGESTS = "what boots on it is not covered: the version that made it wrote no digests of that";
const NOT_BESIDE = "what boots is not covered: it does not lie beside the set";

function digestsIn(host: Host, { list }: BootPart): ReadBootDigests | undefined {
  if (list?.sizeBytes !== BOOT_LIST_BYTES) return undefined;
  return decodeBootDigests(decodeText(host.readAt(list.path, list.offset, list.sizeBytes)));
}

/** Who must have signed what boots, and for which set. */
export interface BootTrust {
  readonly keys: readonly SshPublicKey[];
  readonly set: string;
}

function strangerIn({ place }: BootPart, digests: ReadBootDigests, trust: BootTrust | undefined): string[] {
  if (!trust) return [];
  const isOther = digests.signed !== undefined && digests.set !== trust.set;
  const flaw = isOther ? "is signed for another set" : signatureFlaw(digests.signed, "mondo-boot", trust.keys);
  return flaw === undefined ? [] : [`what boots on ${place} ${flaw}`];
}

/** A loader reads what it finds: a further menu is as good as another one. */
function unlisted({ place, files }: BootPart, digests: ReadBootDigests): string[] {
  const known = new Set(digests.files.map(({ name }) => name));
  return [...files.keys()].filter((name) => !known.has(name)).map((name) => `${place}:/${name} is not signed`);
}

async function defectOf(
  name: string,
  sha256: string,
  span: FileSpan | undefined,
  tick: (bytes: number) => void,
): Promise<string | undefined> {
  if (!span) return `${name} is missing`;
  try {
    await verifyFile(name, { name, sha256, sizeBytes: span.sizeBytes }, span, tick);
    return undefined;
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
    return messageOf(error);
  }
}

/**
 * Reads what boots of a set and compares it with its digests. `hasList`: the set's manifest names a list of them.
 * Throws what `tick` throws, and system errors.
 */
export async function verifyBoot(
  host: Host,
  part: BootPart | undefined,
  hasList: boolean,
  tick: (bytes: number) => void = () => {},
  trust?: BootTrust,
): Promise<BootFindings> {
  if (trust && part && !hasList) return { defects: [`what boots on ${part.place} is not signed`] };
  if (!hasList) return { defects: [], uncovered: NO_DIGESTS };
  if (!part) return { defects: [], uncovered: NOT_BESIDE };
  const digests = digestsIn(host, part);
  if (!digests || (part.head && digests.head === undefined))
    return { defects: [`the digests of what boots on ${part.place} are missing or damaged`] };
  const defects = strangerIn(part, digests, trust);
  if (trust) defects.push(...unlisted(part, digests));
  for (const { name, sha256 } of digests.files) {
    const defect = await defectOf(`${part.place}:/${name}`, sha256, part.files.get(name), tick);
    if (defect !== undefined) defects.push(defect);
  }
  const head =
    part.head &&
    digests.head !== undefined &&
    (await defectOf(`the start of ${part.place}`, digests.head, part.head, tick));
  return { defects: typeof head === "string" ? [...defects, head] : defects };
}
