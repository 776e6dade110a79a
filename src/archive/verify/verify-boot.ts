import { decodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { BOOT_LIST_BYTES, type BootDigests, decodeBootDigests } from "../set/boot-digests.ts";
import type { BootPart } from "../set/boot-part.ts";
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

function digestsIn(host: Host, { list }: BootPart): BootDigests | undefined {
  if (list?.sizeBytes !== BOOT_LIST_BYTES) return undefined;
  return decodeBootDigests(decodeText(host.readAt(list.path, list.offset, list.sizeBytes)));
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
): Promise<BootFindings> {
  if (!hasList) return { defects: [], uncovered: NO_DIGESTS };
  if (!part) return { defects: [], uncovered: NOT_BESIDE };
  const digests = digestsIn(host, part);
  if (!digests || (part.head && digests.head === undefined))
    return { defects: [`the digests of what boots on ${part.place} are missing or damaged`] };
  const defects: string[] = [];
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
