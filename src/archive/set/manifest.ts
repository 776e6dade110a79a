import * as v from "valibot";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { PLAIN_BOOT_WORD } from "../../base/plain-boot-words.ts";
import { printable } from "../../base/printable.ts";
import { checkDetails } from "../../drivers/check-details.ts";
import { decodeLayout } from "../../layout/decode-layout.ts";
import type { Layout } from "../../layout/types.ts";
import { BOOT_LIST_NAME } from "./boot-digests.ts";
import { checkDigest, withDigest } from "./manifest-digest.ts";
import { fieldFlaw } from "./manifest-flaw.ts";
import { signedTextOf } from "./signed-text.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Seconds since 1970, as far as a date can be named (ECMA-262, 21.4.1.1). */
const time = v.pipe(v.number(), v.minValue(-8.64e12), v.maxValue(8.64e12));

/** Mondo stopped at 50. */
export const MOST_MEDIA = 9999;
const mediumNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_MEDIA));

const volume = v.object({
  /** A file beside the manifest and nowhere else. */
  name: v.pipe(v.string(), v.regex(/^(?!\.{1,2}$)[^/\0]+$/, msg`the name of a file beside it`)),
  sizeBytes: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits")),
  /** Number of the medium that it lies on; default: 1. */
  medium: v.exactOptional(mediumNumber),
});

const codec = v.picklist(["zstd", "gzip", "xz", "none"]);
/** 0: a full backup; a higher one stores what differs from the newest lower one. */
const level = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9));

/** What the name of a program in a set begins with. */
export const HOOK_PREFIX = "hook-";
const HOOK_NAME = /^hook-\d\d-[\w-]{1,200}$/;

const parent = v.object({
  set: v.pipe(v.string(), v.uuid()),
  created: time,
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
  created: time,
  tool: v.object({ version: v.string(), commit: v.string() }),
  /** `machine`: digest of its machine-id(5), which tells it from another of the same name. */
  host: v.object({
    ...{ name: v.string(), os: v.string(), kernel: v.string(), arch: v.string() },
    machine: v.exactOptional(v.string()),
  }),
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
  /** The file on the first medium with digests of what boots there. Absent: it is not covered. */
  boot: v.exactOptional(v.literal(BOOT_LIST_NAME)),
  /** Paths that the last parent has and this set has not: for restores by tar. */
  removed: v.exactOptional(volume),
  /** Of all but what differs between media: see signed-text.ts. */
  signature: v.exactOptional(v.pipe(v.string(), v.maxLength(10_000))),
  /** Headers of LUKS volumes with all key slots, each encrypted as `age -p` does. */
  headers: v.exactOptional(v.array(volume)),
  /** Programs that a restore of it calls (`hook-50-name`): see docs/hooks.md. */
  hooks: v.exactOptional(v.array(v.object({ ...volume.entries, name: v.pipe(v.string(), v.regex(HOOK_NAME)) }))),
  entries: count,
  contentBytes: count,
  /** Of it: what files have in common with files before them. Absent: nothing, or an older version did not look. */
  sharedBytes: v.exactOptional(count),
  problems: v.array(
    v.object({ path: v.string(), severity: v.picklist(["lost", "changed", "note"]), reason: v.string() }),
  ),
  options: v.object({
    /** `-H`: the medium offers RESTORE as its default. */
    restoreByDefault: v.boolean(),
    eject: v.boolean(),
    excluded: v.array(v.string()),
    /** Further kernel words for the medium's boot menu (`--words`). */
    words: v.exactOptional(v.array(v.pipe(v.string(), v.regex(PLAIN_BOOT_WORD)))),
  }),
});

/** What reading a manifest has shown. */
export interface ManifestState {
  /** What was signed, with its signature. Absent: it was not. */
  readonly signed?: { readonly text: string; readonly signature: string };
  /** What is wrong with it, one sentence each. Its files may still be whole: see `soundLayout()`. */
  readonly flaws: readonly string[];
  /** Whether it has a digest of itself; older versions wrote none. */
  readonly hasDigest: boolean;
  /** Why its layout can't be used; `layout` is empty then. */
  readonly layoutFlaw?: string;
}

/** The head of a set, written last: a set without it is unfinished. */
export type Manifest = Omit<v.InferOutput<typeof manifestSchema>, "layout"> & {
  readonly layout: Layout;
  /** Absent on one that was not read; never written. */
  readonly state?: ManifestState;
};

/** Which medium of how many a manifest lies on. */
export function mediumOf({ media }: Pick<Manifest, "media">): { readonly number: number; readonly of: number } {
  return media ?? { number: 1, of: 1 };
}

/** Whether it is the set of a machine; one of a directory tree has files and no disks. */
export const isOfMachine = ({ layout, state }: Pick<Manifest, "layout" | "state">): boolean =>
  layout.nodes.length > 0 || state?.layoutFlaw !== undefined;

/** A set that another one builds on. */
export type ParentInfo = v.InferOutput<typeof parent>;

/** Text of a manifest file, with its digest. */
export function encodeManifest({ state: _, ...manifest }: Manifest): string {
  return withDigest(`${JSON.stringify({ digest: "", ...manifest }, null, 1)}\n`);
}

const NO_LAYOUT: Layout = { version: 1, nodes: [] };

/** The layout; an empty one and the reason where it can't be used. */
function layoutIn(value: unknown): { readonly layout: Layout; readonly layoutFlaw?: string } {
  try {
    const layout = decodeLayout(value);
    checkDetails(layout);
    return { layout };
  } catch (cause) {
    const what = cause instanceof MondoError ? cause.data.what : undefined;
    return { layout: NO_LAYOUT, layoutFlaw: typeof what === "string" ? what : messageOf(cause) };
  }
}

/** The layout of a manifest, to be used. MondoError `damaged`: the manifest was read, but its layout can't be used. */
export function soundLayout({ layout, state }: Pick<Manifest, "layout" | "state">): Layout {
  if (state?.layoutFlaw === undefined) return layout;
  throw new MondoError("damaged", msg`the layout of disks in the backup can't be used: ${state.layoutFlaw}`, {
    hint: msg`Use another copy of the backup, or the version that made it. Its files can be had: see mondo help extract.`,
  });
}

/** What is wrong with a manifest that can be read. */
function stateOf(
  text: string,
  name: string,
  layoutFlaw: string | undefined,
  signature: string | undefined,
): ManifestState {
  const digest = checkDigest(text);
  const flaws = [
    ...(digest === "wrong" ? [msg`${name} is not what was written: it does not match its own digest`] : []),
    ...(layoutFlaw === undefined ? [] : [msg`the layout of disks in ${name} can't be used: ${layoutFlaw}`]),
  ];
  return {
    flaws,
    hasDigest: digest !== "none",
    ...(layoutFlaw === undefined ? {} : { layoutFlaw }),
    ...(signature === undefined ? {} : { signed: { text: signedTextOf(text), signature } }),
  };
}

/** A file that stands for two: one of them is not there. */
function namedTwice({
  volumes,
  catalog,
  removed,
  headers = [],
  hooks = [],
  parents = [],
}: Manifest): string | undefined {
  const own = [...volumes, catalog, ...(removed ? [removed] : []), ...headers, ...hooks].map((file) => file.name);
  const lists = [
    own,
    ...parents.map((parent) => parent.volumes.map((file) => file.name)),
    parents.map(({ set }) => set),
  ];
  return lists.flatMap((names) => firstTwice(names) ?? [])[0];
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/**
 * Reads a manifest; a `damaged` error says why it can't be used at all. What does not keep its files from being read is
 * in `state`: a layout that this version can't use, a digest that differs.
 */
export function decodeManifest(text: string, name: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MondoError("damaged", msg`${name} is not a manifest: it isn't JSON`, { cause });
  }
  const result = v.safeParse(manifestSchema, json);
  if (!result.success) {
    throw new MondoError("damaged", msg`${name} is not a manifest this version reads: ${fieldFlaw(result.issues[0])}`);
  }
  const { layout, layoutFlaw } = layoutIn(result.output.layout);
  const manifest: Manifest = {
    ...result.output,
    layout,
    state: stateOf(text, name, layoutFlaw, result.output.signature),
  };
  const { number, of } = mediumOf(manifest);
  if (number > of || manifest.volumes.some(({ medium = 1 }) => medium > of)) {
    throw new MondoError("damaged", msg`${name} is not a manifest this version reads: it names media beyond its last`);
  }
  const twice = namedTwice(manifest);
  if (twice !== undefined) {
    const shown = printable(twice, "");
    throw new MondoError("damaged", msg`${name} is not a manifest this version reads: it names ${shown} twice`);
  }
  return manifest;
}
