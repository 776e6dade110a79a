/** Looks at what is to be made before anything is: what files share, and whether there is room for them. */
import type { ByteString } from "../../base/bytes.ts";
import { FileType } from "../../host/fs-calls.ts";
import { decodeEntry, peekEntry } from "../catalog/entry-record.ts";
import { type Entry, type FrameInfo, storedSize } from "../entry.ts";
import { ShareClaims, type SharePlan } from "../sharing/share-plan.ts";
import type { Directories } from "../tree/directories.ts";
import { parentOf } from "../tree/paths.ts";
import { type Overwrite, stays } from "./overwrite.ts";
import { type TargetSpace, TargetSpaces } from "./target-spaces.ts";
import type { WantedEntries } from "./wanted-entries.ts";

/** A file system that has less room than the files need. Bytes. */
export interface RoomLack {
  /** A directory of it, relative to the target. */
  readonly directory: ByteString;
  readonly neededBytes: number;
  readonly freeBytes: number;
  /** Of what is needed: what files had in common, and can't have there. */
  readonly unsharedBytes: number;
  /** Whether files may take less there than they are long. */
  readonly mayCompress: boolean;
}

export interface SurveyParts {
  readonly wanted: WantedEntries;
  /** The target. */
  readonly existing: Directories;
  readonly overwrite: Overwrite;
  /** Entries whose content goes elsewhere. */
  readonly isElsewhere: (path: ByteString) => boolean;
  /** The pass in which what lies in a frame is made. */
  readonly passOf: (frame: FrameInfo | undefined) => number;
}

export interface Survey {
  /** Undefined: nothing can be shared. */
  readonly plan: SharePlan | undefined;
  readonly lacks: readonly RoomLack[];
}

/** What a file takes that is to be made. */
interface Wanted {
  readonly entry: Entry;
  readonly ordinal: number;
  readonly pass: number;
  readonly space: TargetSpace;
}

/** File systems that store whole blocks of what they say: ext2 to 4, XFS, FAT, exFAT, tmpfs. Source: linux/magic.h. */
const EXACT: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x4d44, 0x2011bab0, 0x01021994]);

/** What a file of a length takes at least. */
function takenBy(bytes: number, { magic, blockBytes }: TargetSpace): number {
  return EXACT.has(magic) && blockBytes > 0 ? Math.ceil(bytes / blockBytes) * blockBytes : bytes;
}

function* filesOf({ wanted, isElsewhere, passOf }: SurveyParts, spaces: TargetSpaces): Generator<Wanted, void, void> {
  let frame: FrameInfo | undefined;
  let ordinal = -1;
  for (const record of wanted.records()) {
    if (record.type === "frame") frame = record.frame;
    if (record.type !== "entry") continue;
    ordinal++;
    if (peekEntry(record.bytes).kind !== "file") continue;
    const entry = wanted.isAll ? decodeEntry(record.bytes) : wanted.entryOf(record.bytes);
    const space = entry && !isElsewhere(entry.path) ? spaces.of(parentOf(entry.path)) : undefined;
    if (entry && space) yield { entry, ordinal, pass: passOf(frame), space };
  }
}

/** What of the needed bytes is there already: of files that stay, or that are replaced one by one. */
function* present(
  parts: SurveyParts,
  spaces: TargetSpaces,
): Generator<{ readonly space: TargetSpace; readonly bytes: number }, void, void> {
  for (const { entry, space } of filesOf(parts, spaces)) {
    const stat = parts.existing.statOf(entry.path);
    if (typeof stat === "number") continue;
    const isFile = (stat.mode & FileType.mask) === FileType.file;
    if (stays(parts.overwrite, entry, stat)) yield { space, bytes: takenBy(storedSize(entry), space) };
    else if (isFile && parts.overwrite !== "copy") yield { space, bytes: stat.blocks * 512 };
  }
}

/** Bytes for each file system. */
class Bytes {
  readonly #of = new Map<TargetSpace, number>();

  add(space: TargetSpace | undefined, bytes: number): void {
    if (space) this.#of.set(space, this.of(space) + bytes);
  }

  of(space: TargetSpace): number {
    return this.#of.get(space) ?? 0;
  }
}

/** Claims of files, with where they go. */
class PlacedClaims {
  readonly #claims = new ShareClaims();
  readonly #spaces: TargetSpace[] = [];

  add({ entry, ordinal, pass, space }: Wanted): void {
    this.#claims.add(entry, ordinal, space.index, pass);
    this.#spaces.push(space);
  }

  /** Undefined: nothing is shared. `count` gets the bytes of each range. */
  plan(count: (space: TargetSpace | undefined, bytes: number) => void): SharePlan | undefined {
    if (this.#claims.isEmpty) return undefined;
    const plan = this.#claims.plan();
    plan.count((sharer, bytes) => count(this.#spaces[sharer], bytes));
    return plan.bytes > 0 ? plan : undefined;
  }
}

/** Reads the catalog once; twice where room seems to lack. */
export function survey(parts: SurveyParts): Survey {
  const spaces = new TargetSpaces(parts.existing);
  const [able, unable] = [new PlacedClaims(), new PlacedClaims()];
  const [needed, unshared] = [new Bytes(), new Bytes()];
  for (const file of filesOf(parts, spaces)) {
    needed.add(file.space, takenBy(storedSize(file.entry), file.space));
    if (file.entry.shared) (file.space.canShare ? able : unable).add(file);
  }
  const plan = able.plan((space, bytes) => needed.add(space, -bytes));
  unable.plan((space, bytes) => unshared.add(space, bytes));
  const isShort = (space: TargetSpace) => needed.of(space) > space.freeBytes;
  if (spaces.all().some(isShort)) {
    for (const { space, bytes } of present(parts, spaces)) needed.add(space, -bytes);
  }
  const lacks = spaces
    .all()
    .filter(isShort)
    .map((space) => ({
      ...{ directory: space.directory, freeBytes: space.freeBytes, neededBytes: needed.of(space) },
      ...{ unsharedBytes: unshared.of(space), mayCompress: !EXACT.has(space.magic) },
    }));
  return { plan, lacks };
}
