/** Looks into a catalog as into a tree, a directory at a time: what is kept of millions of entries is one directory. */
import type { ByteString } from "../../base/bytes.ts";
import type { Choice, EntryKind } from "../entry.ts";
import type { SizedName } from "./entry-record.ts";
import { matcherOf } from "./pattern.ts";

/** How many entries, and bytes of content. */
export interface Amount {
  readonly entries: number;
  readonly bytes: number;
}

/** What lies in a directory; of directories with all that is below them. */
export interface Child extends Amount {
  readonly name: ByteString;
  readonly kind: EntryKind;
  /** Of these, what is chosen. */
  readonly chosen: Amount;
}

/** A directory of a catalog. */
export interface Listing {
  readonly directory: ByteString;
  /** Directories first, each kind by name. */
  readonly children: readonly Child[];
}

/** What a pattern matches: everything counted, the first of them by name. */
export interface Found extends Amount {
  readonly first: readonly { readonly path: ByteString; readonly kind: EntryKind; readonly bytes: number }[];
}

/** A sum that grows. */
interface Sum {
  entries: number;
  bytes: number;
}

const zero = (): Sum => ({ entries: 0, bytes: 0 });

function add(sum: Sum, bytes: number): void {
  sum.entries++;
  sum.bytes += bytes;
}

type GrowingChild = { kind: EntryKind; readonly all: Sum; readonly chosen: Sum };

const byKindAndName = (a: Child, b: Child): number =>
  Number(b.kind === "directory") - Number(a.kind === "directory") || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Reads the catalog once. A directory of which the catalog has only what is in it counts as one, too. */
export function listDirectory(sizes: Iterable<SizedName>, directory: ByteString, choice: Choice): Listing {
  const start = directory === "" ? "" : `${directory}/`;
  const children = new Map<string, GrowingChild>();
  for (const entry of sizes) {
    const { path, kind, bytes } = entry;
    if (path === "" || !path.startsWith(start)) continue;
    const slash = path.indexOf("/", start.length);
    const name = path.slice(start.length, slash < 0 ? undefined : slash);
    let child = children.get(name);
    if (!child) {
      child = { kind: slash < 0 ? kind : "directory", all: zero(), chosen: zero() };
      children.set(name, child);
    }
    add(child.all, bytes);
    if (choice(entry)) add(child.chosen, bytes);
  }
  const list = [...children].map(
    ([name, { kind, all, chosen }]): Child => ({ name: name as ByteString, kind, ...all, chosen }),
  );
  return { directory, children: list.sort(byKindAndName) };
}

/** Counts what is chosen. */
export function countChosen(sizes: Iterable<SizedName>, choice: Choice): Amount {
  const sum = zero();
  for (const entry of sizes) if (choice(entry)) add(sum, entry.bytes);
  return sum;
}

/** Finds what a pattern matches, and no more names than `most`. MondoError `usage` for a pattern that can't be. */
export function findInCatalog(sizes: Iterable<SizedName>, pattern: string, most: number): Found {
  const matcher = matcherOf([pattern]);
  const sum = zero();
  const first: { path: ByteString; kind: EntryKind; bytes: number }[] = [];
  for (const { path, kind, bytes } of sizes) {
    if (!matcher.matches(path)) continue;
    add(sum, bytes);
    if (first.length < most) first.push({ path, kind, bytes });
  }
  return { ...sum, first };
}

/** What gives every entry of a catalog, as often as it is asked. */
interface Sized {
  sizes(): Iterable<SizedName>;
}

/** Children of all listings that are kept. */
const MOST_KEPT = 50_000;

/** Lists directories of a catalog, which is read once for each; those seen last are remembered. */
export class TreeReader {
  readonly #catalog: Sized;
  readonly #known = new Map<ByteString, Listing>();

  constructor(catalog: Sized) {
    this.#catalog = catalog;
  }

  /** What is in a directory. `choice`: what is chosen of it is counted; then nothing is remembered. */
  list(directory: ByteString, choice?: Choice): Listing {
    if (choice) return listDirectory(this.#catalog.sizes(), directory, choice);
    const known = this.#known.get(directory);
    if (known) return known;
    const listing = listDirectory(this.#catalog.sizes(), directory, () => false);
    this.#remember(listing);
    return listing;
  }

  count(choice: Choice): Amount {
    return countChosen(this.#catalog.sizes(), choice);
  }

  find(pattern: string, most: number): Found {
    return findInCatalog(this.#catalog.sizes(), pattern, most);
  }

  #remember(listing: Listing): void {
    this.#known.set(listing.directory, listing);
    let kept = 0;
    for (const { children } of this.#known.values()) kept += children.length;
    for (const [oldest, { children }] of this.#known) {
      if (kept <= MOST_KEPT || oldest === listing.directory) break;
      kept -= children.length;
      this.#known.delete(oldest);
    }
  }
}
