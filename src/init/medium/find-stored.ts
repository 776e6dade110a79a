import { dateText } from "../../archive/set/chain.ts";
import { msg } from "../../base/message.ts";
import { choose } from "../../ui/choose.ts";
import type { Rescue } from "../rescue.ts";
import type { StorePlace } from "../words/word-values.ts";
import type { Medium } from "./mounted-medium.ts";
import { type StartedVolumes, startVolumes } from "./start-volumes.ts";
import { listStores, openStoreSet, type Store, type StoreSet, setsOn, unreadBecause } from "./store.ts";

function isNamed({ path, uuid, label }: Store, { device }: StorePlace): boolean {
  const [tag = "", value = ""] = device.split("=");
  if (tag === "UUID") return uuid?.toLowerCase() === value.toLowerCase();
  return tag === "LABEL" ? label === value : path === device;
}

const idOf = ({ set }: StoreSet) => set.manifest.set.toLowerCase();

/** Newest first, of each machine together. */
function inOrder(sets: readonly StoreSet[]): StoreSet[] {
  const key = ({ set: { manifest } }: StoreSet) => manifest.host.name;
  return [...sets].sort((a, b) =>
    key(a) === key(b) ? b.set.manifest.created - a.set.manifest.created : key(a) < key(b) ? -1 : 1,
  );
}

/** A set for people: whose, from when, and where it lies. */
export function describeStored({ set: { manifest }, store, place }: StoreSet): string {
  const { host, created, level = 0 } = manifest;
  return `${host.name}, ${dateText(created)}${level === 0 ? "" : msg`, level ${level}`} (${store.name}:${place})`;
}

/** Sets on this machine's disks and sticks: each device is looked at once. */
export class StoredSets {
  readonly #rescue: Rescue;
  readonly #looked = new Map<string, number>();
  /** By device: why it was not looked into, for people. */
  readonly #unread = new Map<string, string>();
  #sets: StoreSet[] = [];
  #started: StartedVolumes | undefined;
  #refused = "";

  constructor(rescue: Rescue) {
    this.#rescue = rescue;
  }

  get sets(): readonly StoreSet[] {
    return inOrder(this.#sets);
  }

  /** Whether there is one that can be taken without a question: the wanted set. */
  has(wanted: string | undefined): boolean {
    return this.#sets.some((one) => idOf(one) === wanted);
  }

  /** Looks at devices that are new. */
  async look(): Promise<void> {
    const { host, network } = this.#rescue;
    const wish = network.wishes.store;
    const stores = await listStores(host);
    for (const [path] of this.#looked) if (!stores.some((store) => store.path === path)) this.#forget(path);
    for (const store of stores) {
      if (this.#looked.get(store.path) === store.sizeBytes) continue;
      this.#forget(store.path);
      this.#looked.set(store.path, store.sizeBytes);
      if (wish && !isNamed(store, wish)) continue;
      try {
        this.#sets.push(...(await setsOn(this.#rescue, store, wish?.below)));
      } catch (error) {
        const line = unreadBecause(store, error);
        this.#rescue.log(line);
        this.#unread.set(store.path, line);
      }
    }
  }

  /** As `look`, with arrays and volume groups started. */
  async lookDeeper(): Promise<void> {
    this.#started ??= await startVolumes(this.#rescue.host, this.#rescue.log);
    await this.look();
  }

  #forget(path: string): void {
    this.#looked.delete(path);
    this.#unread.delete(path);
    this.#sets = this.#sets.filter(({ store }) => store.path !== path);
  }

  /**
   * The set that is to be used, mounted: the wanted one, or the only one. Where `mayAsk`, a person chooses among
   * several, and takes or leaves another than the wanted one. Undefined: there is none, or nobody may choose.
   */
  async choose(wanted: string | undefined, mayAsk: boolean): Promise<Medium | undefined> {
    const { sets } = this;
    const own = sets.find((one) => idOf(one) === wanted);
    const [only, second] = sets;
    const isPlain = !second && (own || wanted === undefined);
    const chosen = mayAsk && only && !isPlain ? await this.#askOnce(sets, own) : (own ?? (isPlain ? only : undefined));
    if (!chosen) return undefined;
    return openStoreSet(this.#rescue, chosen);
  }

  /** Arrays and groups that were started for the search are stopped, unless the medium lies on them. */
  async close(medium: Medium | undefined): Promise<void> {
    if (medium?.carriers.some((path) => /^\/dev\/(dm-|md)/.test(path))) return;
    await this.#started?.stop();
    this.#started = undefined;
  }

  /** Whoever wanted none of them is only asked again when there are others. */
  async #askOnce(sets: readonly StoreSet[], own: StoreSet | undefined): Promise<StoreSet | undefined> {
    const asked = sets.map(idOf).join();
    if (this.#refused === asked) return undefined;
    const chosen = await this.#ask(sets, own);
    if (!chosen) this.#refused = asked;
    return chosen;
  }

  async #ask(sets: readonly StoreSet[], own: StoreSet | undefined): Promise<StoreSet | undefined> {
    const choices = [
      ...sets.map((one, index) => ({ key: `set${index}`, label: describeStored(one) })),
      { key: "none", label: msg`None of them` },
    ];
    const initial = own ? sets.indexOf(own) : -1;
    const key = await choose(this.#rescue.ask, msg`Which backup?`, choices, initial < 0 ? undefined : `set${initial}`);
    return sets[choices.findIndex((choice) => choice.key === key)];
  }

  /** What was found, for the message that the wanted one was not; or, where none is wanted, how to name one. */
  explain(wanted: string | undefined): string[] {
    const left = this.#started?.left ?? [];
    const start = msg`start them in a shell (lvm vgchange -ay) to have them looked into, too`;
    return [
      ...this.sets.map(
        (one) => `  ${describeStored(one)}: ${wanted === undefined ? `mondo.set=${idOf(one)}` : msg`another backup`}`,
      ),
      ...[...this.#unread.values()].map((line) => `  ${line}`),
      ...(left.length === 0
        ? []
        : [msg`  not looked into, for starting it writes to its disks: ${left.join(", ")}; ${start}`]),
    ];
  }
}
