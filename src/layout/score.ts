import { msg } from "../base/message.ts";
import type { Disk } from "./types.ts";

/** What a disk of this machine is known by: table, file-system and volume identifiers on it, lower case. */
export type Identities = ReadonlySet<string>;

/** How much speaks for one disk standing for another, and what. */
export interface Score {
  /** Higher is better; two that are equal can't be told apart. */
  readonly points: number;
  /** As a noun phrase: "the same WWN and serial number". */
  readonly because: string;
}

const same = (a: string | undefined, b: string | undefined) => a !== undefined && a !== "" && a === b;

/** Traits in the order of their weight; each outweighs all that come after it. */
interface Trait {
  readonly points: number;
  readonly name: string;
}

function traitsOf(source: Disk, target: Disk, content: boolean): Trait[] {
  const sized = source.sizeBytes === target.sizeBytes;
  const all: (Trait & { readonly holds: boolean })[] = [
    { points: 64, name: "WWN", holds: same(source.wwn, target.wwn) },
    { points: 32, name: msg`serial number`, holds: same(source.serial, target.serial) },
    { points: 16, name: msg`content`, holds: content },
    { points: 8, name: msg`model`, holds: same(source.model, target.model) && sized },
    { points: 4, name: msg`size`, holds: sized },
  ];
  return all.filter((trait) => trait.holds);
}

function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : msg`${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/**
 * Whether most of what identified the source's content is on the target still: it is the same disk, or a copy of it.
 */
export function sharesContent(own: Identities, here: Identities): boolean {
  const found = [...own].filter((id) => here.has(id)).length;
  return own.size > 0 && found * 2 > own.size;
}

/**
 * What speaks for `target` standing for `source`: WWN before serial number, then what lies on it, then model and size,
 * then being large enough for everything as it was. Names count for nothing.
 */
export function scoreDisk(source: Disk, own: Identities, target: Disk, here: Identities, roomy: boolean): Score {
  const traits = traitsOf(source, target, sharesContent(own, here));
  const points = traits.reduce((sum, trait) => sum + trait.points, roomy ? 2 : 1);
  const names = traits.map((trait) => trait.name);
  const because =
    names.length > 0
      ? msg`the same ${joined(names)}`
      : msg`being the only one that is large enough${roomy ? "" : msg`, with less free space`}`;
  return { points, because };
}
