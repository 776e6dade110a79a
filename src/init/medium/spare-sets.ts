import { setsIn } from "../../archive/set/chain.ts";
import { datedSetsBelow } from "../../archive/set/dated-sets.ts";
import type { Manifest } from "../../archive/set/manifest.ts";
import { type OpenSet, openSet } from "../../archive/set/open-set.ts";
import type { FileCopy, FileSpan, VolumeInfo } from "../../archive/set-files.ts";
import { verifyFile } from "../../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { shownPlace } from "../../network/web-url.ts";
import type { SpareFiles } from "../../restore/context.ts";
import { type SharedPlace, sharedPlace } from "../../shares/share-words.ts";
import { bringUpNetwork } from "../network/bring-up-network.ts";
import type { Rescue } from "../rescue.ts";
import { attachShare, SHARE_PLACE } from "./attach-share.ts";

function tryOpen(open: () => OpenSet): OpenSet | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/** The set of that id in a directory: as an image, its files, or dated directories. */
export function setWithId(host: Host, directory: string, id: string, image?: string): OpenSet | undefined {
  const isIt = (set: OpenSet | undefined) => set?.manifest.set.toLowerCase() === id;
  const direct = tryOpen(() => openSet(host, image === undefined ? directory : `${directory}/${image}`));
  if (isIt(direct)) return direct;
  const beside = setsIn(host, directory, new Set([id])).get(id);
  if (beside) return beside;
  for (const dated of datedSetsBelow(host, directory)) {
    const set = tryOpen(() => openSet(host, dated.directory));
    if (isIt(set)) return set;
  }
  return undefined;
}

/** What is mounted of lists of sources, not what failed: a list is made anew when its servers are let go of. */
const opened = new WeakMap<readonly string[], Map<string, Promise<OpenSet | undefined>>>();

/** Copies of a set on further servers: for what is damaged where it lies, and for when its server is away. */
export class SpareSets implements SpareFiles {
  readonly #rescue: Rescue;
  readonly #id: string;
  readonly #home: string;
  readonly #sources: readonly string[];
  readonly #sets: Map<string, Promise<OpenSet | undefined>>;
  readonly #isSigned: boolean;
  readonly #bringUp: (rescue: Rescue) => Promise<void>;
  #network: Promise<void> | undefined;
  #manifest: Manifest | undefined;
  /** Sources that can't be used: they are tried once. */
  readonly #unusable = new Set<string>();
  readonly #taken = new Map<string, FileSpan>();
  readonly #places = new Map<string, string>();
  /** Of servers that were reached, by the file's name. */
  readonly #copies = new Map<string, readonly FileCopy[]>();

  /**
   * `id` of the set; `isSigned`: whoever serves a copy is not believed before it was read through. A further restore
   * finds the servers, mounted on `HOME-2` …, as the one before has left them.
   */
  constructor(rescue: Rescue, id: string, { isSigned = false, home = SHARE_PLACE, bringUp = bringUpNetwork } = {}) {
    this.#rescue = rescue;
    this.#isSigned = isSigned;
    this.#bringUp = bringUp;
    this.#home = home;
    this.#id = id.toLowerCase();
    this.#sources = rescue.network.spares;
    this.#sets = opened.get(this.#sources) ?? new Map();
    opened.set(this.#sources, this.#sets);
  }

  taken(): ReadonlyMap<string, string> {
    return this.#places;
  }

  async reach(manifest: Manifest, isNow: boolean): Promise<void> {
    this.#manifest = manifest;
    if (!isNow && !this.#rescue.network.card) return;
    await this.#reachAll(manifest);
  }

  async #reachAll({ volumes, catalog }: Manifest): Promise<void> {
    this.#manifest = undefined;
    this.#copies.clear();
    for (const [place, set] of await this.#reached()) {
      const theirs = new Map([...set.manifest.volumes, set.manifest.catalog].map((file) => [file.name, file]));
      const own = [catalog, ...volumes].filter(({ name }) => !name.includes("/"));
      const other = own.find(({ name, sha256 }) => theirs.get(name)?.sha256 !== sha256);
      if (other) {
        this.#rescue.reporter.warn(msg`The copy on ${place} is another one: its ${other.name} has another checksum`);
        continue;
      }
      this.#rescue.reporter.info(msg`${place} has the same backup: it is read where the first place can't be`);
      for (const file of own) this.#addCopy(file, place, set.locate(file.name));
    }
  }

  /** A file where it lies, or was taken from, with its copies elsewhere. */
  withCopies(name: string, own: FileSpan | undefined): FileSpan | undefined {
    const copies = this.#copies.get(name) ?? [];
    const first = this.#taken.get(name) ?? own;
    const others = copies.filter(({ path, offset }) => path !== first?.path || offset !== first.offset);
    return first && others.length > 0 ? { ...first, copies: others } : first;
  }

  async take(file: VolumeInfo): Promise<string | undefined> {
    if (this.#manifest) await this.#reachAll(this.#manifest);
    for (const [place, set] of await this.#reached()) {
      const span = set.locate(file.name);
      if (span && (await this.#isWhole(set, file, span))) {
        this.#taken.set(file.name, span);
        this.#places.set(file.name, place);
        return place;
      }
    }
    return undefined;
  }

  #addCopy({ name, sizeBytes, sha256 }: VolumeInfo, place: string, span: FileSpan | undefined): void {
    if (span?.sizeBytes !== sizeBytes) return;
    const copy = { ...span, place, ...(this.#isSigned ? { sha256 } : {}) };
    this.#copies.set(name, [...(this.#copies.get(name) ?? []), copy]);
  }

  /** The sets on the servers that can be reached, in their order, with their places for people. */
  async #reached(): Promise<readonly (readonly [place: string, set: OpenSet])[]> {
    const found: [string, OpenSet][] = [];
    for (const [at, source] of this.#sources.entries()) {
      if (this.#unusable.has(source)) continue;
      const reached = this.#sets.get(source) ?? this.#open(source, `${this.#home}-${at + 2}`);
      this.#sets.set(source, reached);
      const set = await reached;
      if (set) {
        found.push([sharedPlace(source)?.share.name ?? source, set]);
        continue;
      }
      this.#unusable.add(source);
      this.#sets.delete(source);
    }
    return found;
  }

  async #isWhole({ name }: OpenSet, file: VolumeInfo, span: FileSpan): Promise<boolean> {
    try {
      await verifyFile(`${name}/${file.name}`, file, span, () => {});
      return true;
    } catch (error) {
      if (!(error instanceof MondoError)) throw error;
      this.#rescue.reporter.warn(messageOf(error));
      return false;
    }
  }

  async #open(source: string, target: string): Promise<OpenSet | undefined> {
    const { reporter } = this.#rescue;
    const place = sharedPlace(source);
    if (!place) {
      reporter.warn(msg`The copy on ${shownPlace(source)} can't be used: it is no place that can be mounted`);
      return undefined;
    }
    try {
      return await this.#mount(place, target);
    } catch (error) {
      reporter.warn(msg`The copy on ${place.share.name} can't be used: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #mount(place: SharedPlace, target: string): Promise<OpenSet> {
    const { host, network } = this.#rescue;
    if (!network.card) this.#network ??= this.#bringUp(this.#rescue);
    await this.#network;
    const { unmount } = await attachShare(this.#rescue, place, target);
    const set = setWithId(host, target, this.#id, place.image);
    if (!set) {
      await unmount();
      throw new MondoError("not-found", msg`it holds other backups`);
    }
    const before = network.detach;
    network.detach = () => before().finally(unmount);
    return set;
  }
}
