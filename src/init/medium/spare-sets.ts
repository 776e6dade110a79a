import { setsIn } from "../../archive/set/chain.ts";
import { datedSetsBelow } from "../../archive/set/dated-sets.ts";
import { type OpenSet, openSet } from "../../archive/set/open-set.ts";
import type { FileSpan, VolumeInfo } from "../../archive/set-files.ts";
import { verifyFile } from "../../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { SpareFiles } from "../../restore/context.ts";
import { type SharedPlace, sharedPlace } from "../../shares/share-words.ts";
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

/** What is mounted of lists of sources: a list is made anew when its servers are let go of. */
const opened = new WeakMap<readonly string[], Map<string, Promise<OpenSet | undefined>>>();

/** Copies of a set on further servers: reached when a file of the first one is not what it should be. */
export class SpareSets implements SpareFiles {
  readonly #rescue: Rescue;
  readonly #id: string;
  readonly #home: string;
  readonly #sources: readonly string[];
  readonly #sets: Map<string, Promise<OpenSet | undefined>>;
  readonly #taken = new Map<string, FileSpan>();

  /** `id` of the set. A further restore finds the servers, mounted on `HOME-2` …, as the one before has left them. */
  constructor(rescue: Rescue, id: string, home = SHARE_PLACE) {
    this.#rescue = rescue;
    this.#home = home;
    this.#id = id.toLowerCase();
    this.#sources = rescue.network.spares;
    this.#sets = opened.get(this.#sources) ?? new Map();
    opened.set(this.#sources, this.#sets);
  }

  located(name: string): FileSpan | undefined {
    return this.#taken.get(name);
  }

  async take(file: VolumeInfo): Promise<string | undefined> {
    for (const [at, source] of this.#sources.entries()) {
      const reached = this.#sets.get(source) ?? this.#open(source, `${this.#home}-${at + 2}`);
      this.#sets.set(source, reached);
      const set = await reached;
      const span = set?.locate(file.name);
      if (set && span && (await this.#isWhole(set, file, span))) {
        this.#taken.set(file.name, span);
        return sharedPlace(source)?.share.name ?? source;
      }
    }
    return undefined;
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
    if (!place) return undefined;
    try {
      return await this.#mount(place, target);
    } catch (error) {
      reporter.warn(`The copy on ${place.share.name} can't be used: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #mount(place: SharedPlace, target: string): Promise<OpenSet> {
    const { host, network } = this.#rescue;
    const before = network.detach;
    const { unmount } = await attachShare(this.#rescue, place, target);
    network.detach = () => before().finally(unmount);
    const set = setWithId(host, target, this.#id, place.image);
    if (set) return set;
    throw new MondoError("not-found", "it holds other backups");
  }
}
