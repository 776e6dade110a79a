import type { Candidate } from "./candidate.ts";
import { identitiesOn } from "./identities.ts";
import { sharesContent } from "./score.ts";
import type { Disk, Layout, LeftOut } from "./types.ts";
import { nodesOf } from "./types.ts";

/**
 * What a disk of this machine is to a set. `own`: a disk of the set, by its numbers or by what lies on it, a restore
 * that was broken off included; `blank`: nothing lies on it; `left-out`: it was in the machine and stayed out of the
 * set; `foreign`: it holds something else. Only the first two may be erased without a person's word.
 */
export type Standing = "own" | "blank" | "left-out" | "foreign";

type Numbers = Pick<Disk, "wwn" | "serial">;

/** Zeros and nothing at all are what tools and firmware write when there is no number. */
const isTelling = (id: string | undefined): id is string => id !== undefined && /[1-9a-z]/i.test(id.replace(/^0x/, ""));

/**
 * Serial numbers and names that virtual machines and USB bridges give to a place or to all: another disk there has the
 * same. Source: qemu hw/ide/core.c (QM00001) and hw/nvme/ns.c (eui.5254…); VMware's SATA disks count from …01.
 */
const BY_PLACE = /^(QM\d{5}|VMware NVME_\d+|0*\d{1,2}|0?123456789\w*|eui\.525400000000\w{4})$/i;

const telling = (ids: Iterable<string>) => new Set([...ids].filter(isTelling));

const isNumber = (id: string | undefined) => isTelling(id) && !BY_PLACE.test(id);

const same = (a: string | undefined, b: string | undefined) => isNumber(a) && a === b;

/** Serial numbers that several of the disks have: they tell nothing. */
function sharedSerials(candidates: readonly Candidate[]): ReadonlySet<string> {
  const seen = new Map<string, number>();
  for (const { disk } of candidates) {
    if (disk.serial !== undefined) seen.set(disk.serial, (seen.get(disk.serial) ?? 0) + 1);
  }
  return new Set([...seen].flatMap(([serial, times]) => (times > 1 ? [serial] : [])));
}

/** Whether WWN or serial number say that it is the same disk; a serial number not when the WWNs differ. */
function isNumbered(known: Numbers, here: Numbers, shared: ReadonlySet<string>): boolean {
  if (same(known.wwn, here.wwn)) return true;
  if (isNumber(known.wwn) && isNumber(here.wwn)) return false;
  return same(known.serial, here.serial) && !shared.has(here.serial ?? "");
}

/** Tells whether one of these disks of a machine is one of a set by WWN or serial number, as far as those tell. */
export function numberedIn(candidates: readonly Candidate[]): (known: Numbers, here: Numbers) => boolean {
  const shared = sharedSerials(candidates);
  return (known, here) => isNumbered(known, here, shared);
}

function holdsPartitions({ table = [] }: Candidate): boolean {
  return table.some((node) => node.kind === "partition");
}

/** Identifiers of contents: a table alone holds nothing. */
function contentIds({ identities = [], table = [] }: Candidate): string[] {
  const tables = new Set(table.flatMap((node) => (node.kind === "table" ? [node.uuid.toLowerCase()] : [])));
  return identities.filter((id) => !tables.has(id.toLowerCase()));
}

/** Identifiers that only a part of a volume has, or what was saved as an image. */
function furtherIds(layout: Layout): ReadonlySet<string> {
  const members = nodesOf(layout, "volume-group").flatMap((group) => group.members.map(({ uuid }) => uuid));
  const images = nodesOf(layout, "image").map(({ uuid }) => uuid ?? "");
  return telling([...members, ...images].map((id) => id.toLowerCase()));
}

/** Whether nothing is known to lie on a disk, but a table; `withPartitions`: or empty partitions. */
export function holdsNothing(candidate: Candidate, withPartitions = false): boolean {
  if (candidate.unidentified === true || contentIds(candidate).length > 0) return false;
  return withPartitions || !holdsPartitions(candidate);
}

/** Tells what each of the disks is to the set; `tablesStay`: partitions that hold nothing make no disk foreign. */
export function standingIn(
  layout: Layout,
  candidates: readonly Candidate[],
  tablesStay = false,
): (candidate: Candidate) => Standing {
  const sources = nodesOf(layout, "disk").map((disk) => ({ disk, ids: telling(identitiesOn(layout, disk.id)) }));
  const ids = new Set([...sources.flatMap((source) => [...source.ids]), ...furtherIds(layout)]);
  const left = nodesOf(layout, "left-out").filter(({ holdsData }) => holdsData);
  const shared = sharedSerials(candidates);

  function isLeftOut(disk: LeftOut, candidate: Candidate, isOwn: boolean): boolean {
    if (isNumbered(disk, candidate.disk, shared)) return true;
    const held = telling(disk.identities ?? []);
    const own = [...held].filter((id) => !ids.has(id));
    // A copy of a disk of the set has no identifiers of its own: numbers alone tell the two apart.
    const by = own.length > 0 ? own : isOwn ? [] : [...held];
    return by.some((id) => candidate.identities?.includes(id));
  }

  function holdsOwn(candidate: Candidate): boolean {
    const here = telling(candidate.identities ?? []);
    if (![...here].some((id) => ids.has(id))) return false;
    if (sources.some((source) => sharesContent(source.ids, here))) return true;
    return candidate.unidentified !== true && contentIds(candidate).every((id) => ids.has(id));
  }

  const isBlank = (candidate: Candidate) => holdsNothing(candidate, tablesStay);

  function look(candidate: Candidate): Standing {
    const isOwn = sources.some(({ disk }) => isNumbered(disk, candidate.disk, shared));
    if (left.some((disk) => isLeftOut(disk, candidate, isOwn))) return "left-out";
    if (isOwn || holdsOwn(candidate)) return "own";
    return isBlank(candidate) ? "blank" : "foreign";
  }

  const known = new Map(candidates.map((candidate) => [candidate, look(candidate)]));
  return (candidate) => known.get(candidate) ?? look(candidate);
}

/** Whether a disk may be erased without a person's word. */
export const isFree = (standing: Standing): boolean => standing === "own" || standing === "blank";
