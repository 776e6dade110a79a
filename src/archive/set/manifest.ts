import * as v from "valibot";
import { MondoError, messageOf } from "../../base/errors.ts";
import { checkDetails } from "../../drivers/check-details.ts";
import { decodeLayout } from "../../layout/decode-layout.ts";
import type { Layout } from "../../layout/types.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Mondo stopped at 50. */
export const MOST_MEDIA = 9999;
const mediumNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_MEDIA));

const volume = v.object({
  /** A file beside the manifest and nowhere else. */
  name: v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\0]+$/)),
  sizeBytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Number of the medium that it lies on; default: 1. */
  medium: v.exactOptional(mediumNumber),
});

const codec = v.picklist(["zstd", "gzip", "xz", "none"]);
/** 0: a full backup; a higher one stores what differs from the newest lower one. */
const level = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9));

const parent = v.object({
  set: v.pipe(v.string(), v.uuid()),
  created: v.number(),
  prefix: v.string(),
  level,
  codec: v.exactOptional(codec),
  volumes: v.array(volume),
});

const manifestSchema = v.object({
  format: v.literal("mondo-set"),
  version: v.literal(1),
  /** UUID of the set: how the rescue knows its medium. */
  set: v.pipe(v.string(), v.uuid()),
  /** Seconds since 1970, when the backup began. */
  created: v.number(),
  tool: v.object({ version: v.string(), commit: v.string() }),
  host: v.object({ name: v.string(), os: v.string(), kernel: v.string(), arch: v.string() }),
  prefix: v.string(),
  /** `decodeLayout` looks at it. */
  layout: v.unknown(),
  /** The files, in stream order: concatenated they are one tar stream in zstd frames. */
  volumes: v.array(volume),
  /** How the volumes' frames are compressed; default: zstd. */
  codec: v.exactOptional(codec),
  /** Every medium has the manifest, the catalog and its own volumes. */
  catalog: volume,
  /**
   * Which medium of how many this manifest lies on: all else in it is the same on each of them. Absent: there is one.
   */
  media: v.exactOptional(v.object({ number: mediumNumber, of: mediumNumber })),
  /** Default: 0. */
  level: v.exactOptional(level),
  /**
   * The sets in whose volumes unchanged content lies, oldest first. A frame's volume is counted through theirs, then
   * through `volumes`.
   */
  parents: v.exactOptional(v.array(parent)),
  /** Paths that the last parent has and this set has not: for restores by tar. */
  removed: v.exactOptional(volume),
  /** Headers of LUKS volumes with all key slots, each encrypted as `age -p` does. */
  headers: v.exactOptional(v.array(volume)),
  entries: count,
  contentBytes: count,
  problems: v.array(
    v.object({ path: v.string(), severity: v.picklist(["lost", "changed", "note"]), reason: v.string() }),
  ),
  options: v.object({
    /** `-H`: the medium offers RESTORE as its default. */
    restoreByDefault: v.boolean(),
    eject: v.boolean(),
    excluded: v.array(v.string()),
  }),
});

/** The head of a set, written last: a set without it is unfinished. */
export type Manifest = Omit<v.InferOutput<typeof manifestSchema>, "layout"> & { readonly layout: Layout };

/** Which medium of how many a manifest lies on. */
export function mediumOf({ media }: Pick<Manifest, "media">): { readonly number: number; readonly of: number } {
  return media ?? { number: 1, of: 1 };
}

/** A set that another one builds on. */
export type ParentInfo = v.InferOutput<typeof parent>;

/** Text of a manifest file. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

function layoutIn(value: unknown, name: string): Layout {
  try {
    const layout = decodeLayout(value);
    checkDetails(layout);
    return layout;
  } catch (cause) {
    throw new MondoError("damaged", `${name} is not a manifest this version reads: ${messageOf(cause)}`, { cause });
  }
}

/** Reads a manifest; a `damaged` error says what is wrong with it. */
export function decodeManifest(text: string, name: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MondoError("damaged", `${name} is not a manifest: it isn't JSON`, { cause });
  }
  const result = v.safeParse(manifestSchema, json);
  if (!result.success) {
    const issue = result.issues[0];
    const where = issue ? (v.getDotPath(issue) ?? "its top") : "its top";
    throw new MondoError(
      "damaged",
      `${name} is not a manifest this version reads: ${where}: ${issue?.message ?? "invalid"}`,
    );
  }
  const manifest: Manifest = { ...result.output, layout: layoutIn(result.output.layout, name) };
  const { number, of } = mediumOf(manifest);
  if (number > of || manifest.volumes.some(({ medium = 1 }) => medium > of)) {
    throw new MondoError("damaged", `${name} is not a manifest this version reads: it names media beyond its last`);
  }
  return manifest;
}
