import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { isoSizeBytes, listIsoDirectory, rangeOfFile } from "../formats/iso9660.ts";
import type { Host } from "../host/host.ts";
import { CATALOG_NAME } from "./catalog-writer.ts";
import { decodeManifest, type Manifest } from "./manifest.ts";
import type { FileSpan, Locate } from "./types.ts";

/** A set that can be read, wherever it lies. */
export interface OpenSet {
  /** For people: the directory, or the ISO. */
  readonly name: string;
  /** What `locate` doesn't find is looked for here by those who need a path (names in messages). */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly locate: Locate;
  /** What is known to be wrong with it without reading it through: an image that is cut short. */
  readonly defects: readonly string[];
}

/** Ours is a few KiB, and a few MiB with as many problems as a disk has. */
const MOST_MANIFEST_BYTES = 64 << 20;

const again = "Use another copy of the backup: this one is not what was written.";
const withoutMondo =
  "Its files can be had without the manifest: cat volume-*.tar.zst | zstd -dc | tar -x, as HOWTO.txt on the medium says.";

const unfinished = (name: string) =>
  new MondoError("damaged", `${name} has no manifest.json: the backup in it is unfinished or damaged`, {
    hint: withoutMondo,
  });

function openDirectorySet(host: Host, directory: string): OpenSet {
  const path = `${directory}/manifest.json`;
  return {
    name: directory,
    directory,
    manifest: decodeManifest(host.readText(path), path),
    locate: (name) => {
      const file = `${directory}/${name}`;
      const stat = host.stat(file);
      return stat?.kind === "file" ? { path: file, offset: 0, sizeBytes: stat.sizeBytes } : undefined;
    },
    defects: [],
  };
}

/** The files of an image's directory `/mondo`, as ranges of the image. */
function spansOf(host: Host, iso: string): ReadonlyMap<string, FileSpan> {
  const read = (offset: number, length: number) => host.readAt(iso, offset, length);
  const spans = new Map<string, FileSpan>();
  for (const file of listIsoDirectory(read, "/mondo")) {
    if (file.isDirectory) continue;
    const { offset, length } = rangeOfFile(file);
    spans.set(file.name, { path: iso, offset, sizeBytes: length });
  }
  return spans;
}

/** What is wrong with an image, with its name. */
function named<T>(iso: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "system") throw error;
    throw new MondoError(error.code, `${iso}: ${error.message}`, {
      hint: error.hint ?? "Name the first ISO of a backup, or a directory that holds one.",
      cause: error,
    });
  }
}

/** Reads the set inside an ISO (or a disc) without mounting it: a container's kernel may have neither loop devices nor ISO 9660. */
function openIsoSet(host: Host, iso: string, sizeBytes: number | undefined): OpenSet {
  const announced = named(iso, () => isoSizeBytes((offset, length) => host.readAt(iso, offset, length)));
  const defects =
    sizeBytes !== undefined && sizeBytes < announced
      ? [`${iso} is ${sizeBytes} bytes long instead of ${announced}`]
      : [];
  const spans = named(iso, () => spansOf(host, iso));
  const head = spans.get("manifest.json");
  if (!head) throw unfinished(iso);
  if (head.sizeBytes > MOST_MANIFEST_BYTES) {
    throw new MondoError("damaged", `${iso} announces a manifest of ${head.sizeBytes} bytes`, { hint: again });
  }
  const text = host.readAt(iso, head.offset, head.sizeBytes);
  if (text.byteLength < head.sizeBytes) {
    throw new MondoError("damaged", `${defects[0] ?? iso}; its manifest is in the part that is missing`, {
      hint: withoutMondo,
    });
  }
  return {
    name: iso,
    directory: `${iso}:/mondo`,
    manifest: decodeManifest(decodeText(text), `manifest.json of ${iso}`),
    locate: (name) => spans.get(name),
    defects,
  };
}

/** The one ISO in a directory that holds the first part of a set. */
function isoIn(host: Host, directory: string, prefix: string | undefined): string {
  const names = host.list(directory);
  const found = prefix === undefined ? names.filter((name) => name.endsWith("-1.iso")) : [`${prefix}-1.iso`];
  const [first, second] = found;
  if (second !== undefined) {
    throw new MondoError("usage", `${directory} holds more than one backup: ${found.join(", ")}`, {
      hint: "Name one of them, or give its prefix with -p.",
    });
  }
  if (first !== undefined && names.includes(first)) return `${directory}/${first}`;
  if (names.includes(CATALOG_NAME) || names.some((name) => name.endsWith(".tar.zst"))) throw unfinished(directory);
  throw new MondoError("not-found", `there is no backup in ${directory} (no manifest.json, no ${first ?? "*-1.iso"})`, {
    hint: "Name the ISO, its directory, or the directory mondo of a mounted medium.",
  });
}

/**
 * Opens a set by the name that a person gives it: a directory with manifest.json (or one that has it in `mondo/`), an ISO, a
 * device with a disc or stick in it, or a directory that holds the ISO. Throws `not-found`, `usage`, `format` or `damaged`.
 */
export function openSet(host: Host, place: string, prefix?: string): OpenSet {
  const path = place === "/" ? place : place.replace(/\/+$/, "");
  const stat = host.stat(path);
  if (!stat) {
    throw new MondoError("not-found", `${path} does not exist`, {
      hint: "Name an ISO, its directory, or a directory with manifest.json.",
    });
  }
  if (stat.kind === "file") return openIsoSet(host, path, stat.sizeBytes);
  if (stat.kind === "block") return openIsoSet(host, path, undefined);
  if (stat.kind !== "directory") {
    throw new MondoError("usage", `${path} is neither an ISO nor a directory`, { hint: "Name one of them." });
  }
  for (const directory of prefix === undefined ? [path, `${path}/mondo`] : []) {
    if (host.exists(`${directory}/manifest.json`)) return openDirectorySet(host, directory);
  }
  const iso = isoIn(host, path, prefix);
  return openIsoSet(host, iso, host.stat(iso)?.sizeBytes);
}

/** Where the set's catalog lies; `damaged` when it has none. */
export function catalogSpan({ name, manifest, locate }: OpenSet): FileSpan {
  const span = locate(manifest.catalog.name);
  if (span) return span;
  throw new MondoError("damaged", `${name} has no catalog (${manifest.catalog.name})`, { hint: withoutMondo });
}

/** Refuses a set of which a part is known to be missing. */
export function requireWhole({ defects }: OpenSet): void {
  const [defect] = defects;
  if (defect !== undefined) throw new MondoError("damaged", defect, { hint: again });
}
