import { decodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { SshPublicKey } from "../../formats/archive/ssh-signature.ts";
import type { Host } from "../../host/host.ts";
import { BOOT_LIST_BYTES, decodeBootDigests, type ReadBootDigests } from "../set/boot-digests.ts";
import type { BootPart } from "../set/boot-part.ts";
import type { Manifest } from "../set/manifest.ts";
import { signatureFlaw } from "../set/signature.ts";
import type { FileSpan, Locate } from "../set-files.ts";
import { verifyFile } from "./verify-volumes.ts";

/** What a check of what boots has shown. */
export interface BootFindings {
  /** What is not as it was written, one sentence each. */
  readonly defects: readonly string[];
  /** Why it could not be checked. */
  readonly uncovered?: string;
}

const NO_DIGESTS = msg`what boots on it is not covered: the version that made it wrote no digests of that`;
const NOTHING_BOOTS = msg`nothing that boots belongs to it: it is a set alone, without its medium`;
const NOT_BESIDE = msg`what boots is not covered: it does not lie beside the set`;

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
  const flaw = isOther ? msg`is signed for another set` : signatureFlaw(digests.signed, "mondo-boot", trust.keys);
  return flaw === undefined ? [] : [msg`what boots on ${place} ${flaw}`];
}

/** A loader reads what it finds: a further menu is as good as another one. */
function unlisted({ place, files }: BootPart, digests: ReadBootDigests): string[] {
  const known = new Set(digests.files.map(({ name }) => name));
  return [...files.keys()].filter((name) => !known.has(name)).map((name) => msg`${place}:/${name} is not signed`);
}

async function defectOf(
  name: string,
  sha256: string,
  span: FileSpan | undefined,
  tick: (bytes: number) => void,
): Promise<string | undefined> {
  if (!span) return msg`${name} is missing`;
  try {
    await verifyFile(name, { name, sha256, sizeBytes: span.sizeBytes }, span, tick);
    return undefined;
  } catch (error) {
    if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
    return messageOf(error);
  }
}

/** Whether a set has digests of what boots, and why not. */
export type BootCover = "covered" | "nothing-boots" | "older-version";

/**
 * What is known of a set. One that was taken from its medium, or never came there, lies in files of its own; its
 * manifest names no list, and has a digest, as older versions wrote neither.
 */
export function bootCoverOf(
  { boot, state, catalog }: Pick<Manifest, "boot" | "state" | "catalog">,
  locate: Locate | undefined,
): BootCover {
  if (boot !== undefined) return "covered";
  const isAlone = locate === undefined || locate(catalog.name)?.path.endsWith(`/${catalog.name}`) === true;
  return isAlone && state?.hasDigest === true ? "nothing-boots" : "older-version";
}

/**
 * Reads what boots of a set and compares it with its digests. `cover`: see `bootCoverOf`.
 * Throws what `tick` throws, and system errors.
 */
export async function verifyBoot(
  host: Host,
  part: BootPart | undefined,
  cover: BootCover,
  tick: (bytes: number) => void = () => {},
  trust?: BootTrust,
): Promise<BootFindings> {
  if (trust && part && cover !== "covered") return { defects: [msg`what boots on ${part.place} is not signed`] };
  if (cover === "older-version") return { defects: [], uncovered: NO_DIGESTS };
  if (cover === "nothing-boots") return { defects: [], uncovered: NOTHING_BOOTS };
  if (!part) return { defects: [], uncovered: NOT_BESIDE };
  const digests = digestsIn(host, part);
  if (!digests || (part.head && digests.head === undefined))
    return { defects: [msg`the digests of what boots on ${part.place} are missing or damaged`] };
  const defects = strangerIn(part, digests, trust);
  if (trust) defects.push(...unlisted(part, digests));
  for (const { name, sha256 } of digests.files) {
    const defect = await defectOf(`${part.place}:/${name}`, sha256, part.files.get(name), tick);
    if (defect !== undefined) defects.push(defect);
  }
  const head =
    part.head &&
    digests.head !== undefined &&
    (await defectOf(msg`the start of ${part.place}`, digests.head, part.head, tick));
  return { defects: typeof head === "string" ? [...defects, head] : defects };
}
