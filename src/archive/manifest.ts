import * as v from "valibot";
import { MondoError } from "../base/errors.ts";
import type { Layout } from "../layout/types.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const volume = v.object({
  /** A file beside the manifest and nowhere else. */
  name: v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\0]+$/)),
  sizeBytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
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
  layout: v.object({ version: v.literal(1), nodes: v.array(v.looseObject({ kind: v.string(), id: v.string() })) }),
  /** The files, in stream order: concatenated they are one tar stream in zstd frames. */
  volumes: v.array(volume),
  /** How the volumes' frames are compressed; zstd when absent. */
  codec: v.exactOptional(v.picklist(["zstd", "gzip", "xz", "none"])),
  catalog: volume,
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

/** Text of a manifest file. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
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
  return result.output as unknown as Manifest;
}
