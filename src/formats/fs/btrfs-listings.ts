/** A subvolume as `btrfs subvolume list -p -u -q` writes it. */
export interface ListedSubvolume {
  readonly number: number;
  /** From the top level on, without a leading slash. */
  readonly path: string;
  readonly uuid?: string;
  /** UUID of the subvolume that it is a snapshot of. */
  readonly parentUuid?: string;
}

const LINE = /^ID (\d+) gen \d+ .*?\bpath /;

/** A path may hold line feeds: a line that begins no entry belongs to the one before it. */
function entriesOf(text: string): string[] {
  const entries: string[] = [];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    if (LINE.test(line)) entries.push(line);
    else if (entries.length > 0) entries.push(`${entries.pop()}\n${line}`);
  }
  return entries;
}

function field(entry: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name} (\\S+)`).exec(entry.slice(0, entry.indexOf(" path ")))?.[1];
  return value === undefined || value === "-" ? undefined : value;
}

interface Listed extends ListedSubvolume {
  /** Number of the subvolume that it lies in. */
  readonly parent: number;
}

/** Whether one lies in another, at any depth. */
function liesIn(one: Listed, number: number, all: ReadonlyMap<number, Listed>): boolean {
  for (let at: Listed | undefined = one, depth = 0; at && depth < 64; at = all.get(at.parent), depth++) {
    if (at.parent === number) return true;
  }
  return false;
}

/**
 * The subvolumes of a list, parents before what lies in them. `listedFrom` is the number of the subvolume that was
 * mounted where the list was asked for: what lies in that one has its path from there on, all others from the top level
 * on.
 */
export function parseSubvolumeList(text: string, listedFrom = 5): ListedSubvolume[] {
  const listed = entriesOf(text).map(listedOf);
  const all = new Map(listed.map((one) => [one.number, one]));
  const from = all.get(listedFrom);
  const found = listed.map(({ parent, ...one }) =>
    from && liesIn({ parent, ...one }, listedFrom, all) ? { ...one, path: `${from.path}/${one.path}` } : one,
  );
  const depth = (path: string) => path.split("/").length;
  return found.sort((a, b) => depth(a.path) - depth(b.path) || a.number - b.number);
}

function listedOf(entry: string): Listed {
  const head = LINE.exec(entry);
  const [uuid, parentUuid] = [field(entry, "uuid"), field(entry, "parent_uuid")];
  return {
    number: Number(head?.[1]),
    parent: Number(field(entry, "parent") ?? 5),
    path: entry.slice(head?.[0].length),
    ...(uuid === undefined ? {} : { uuid }),
    ...(parentUuid === undefined ? {} : { parentUuid }),
  };
}

/** A quota group as `btrfs qgroup show --raw -p -r -e` writes it. */
export interface QuotaGroup {
  /** `0/257`: level and number. */
  readonly id: string;
  readonly maxReferenced?: number;
  readonly maxExclusive?: number;
  readonly parents: readonly string[];
}

/** The quota groups of a list; those above come before their members. */
export function parseQuotaGroups(text: string): QuotaGroup[] {
  const limit = (word: string | undefined) => (word === undefined || !/^\d+$/.test(word) ? undefined : Number(word));
  const groups = text.split("\n").flatMap((line): QuotaGroup[] => {
    const [id, , , referenced, exclusive, parents] = line.trim().split(/\s+/);
    if (id === undefined || !/^\d+\/\d+$/.test(id)) return [];
    const [maxReferenced, maxExclusive] = [limit(referenced), limit(exclusive)];
    return [
      {
        id,
        ...(maxReferenced === undefined ? {} : { maxReferenced }),
        ...(maxExclusive === undefined ? {} : { maxExclusive }),
        parents: (parents ?? "").split(",").filter((word) => /^\d+\/\d+$/.test(word)),
      },
    ];
  });
  const level = ({ id }: QuotaGroup) => Number(id.split("/")[0]);
  return groups.sort((a, b) => level(b) - level(a) || (a.id < b.id ? -1 : 1));
}
