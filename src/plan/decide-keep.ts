/** Which disks of a set stay as they are, because all that was on them is on this machine still. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Candidate } from "../layout/candidate.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { mountHolding } from "../layout/graph.ts";
import { type DiskGroup, diskGroups } from "../layout/keep/disk-groups.ts";
import { findGroup, type GroupFound } from "../layout/keep/find-group.ts";
import { isWithFiles, type KeepWish, nameWithFiles, plainWish } from "../layout/keep/keep-wish.ts";
import { withoutKept } from "../layout/keep/without-kept.ts";
import { type Layout, type NodeId, nodesOf } from "../layout/types.ts";

/** What stays, and what is left to be made. */
export interface KeptDisks {
  /** The layout without what stays. */
  readonly layout: Layout;
  /** Disks of the set that stay, with what they are here. */
  readonly disks: Readonly<Record<NodeId, Candidate>>;
  /** Mount points of what stays. */
  readonly mounts: readonly string[];
  /** Those of them that get the files of the set. */
  readonly files: readonly string[];
  /** Sentences about what could stay and doesn't, or can't, and what stays with it. */
  readonly notes: readonly string[];
}

interface Judged {
  readonly group: DiskGroup;
  readonly found: GroupFound;
}

/** What a decision depends on besides the set. */
interface Here {
  readonly candidates: readonly Candidate[];
  /** The operator's answers: these disks of the set get others. */
  readonly chosen: Readonly<Record<NodeId, string>>;
  /** Disks of the set whose layout was edited: what they hold here is another one. Default: none. */
  readonly edited?: ReadonlySet<NodeId>;
}

const disksIn = ({ disks }: DiskGroup) => disks.map(({ path }) => path).join(msg` and `);

/** "/srv on sdb": what a group is to people. */
const groupWords = (group: DiskGroup) =>
  group.mounts.length === 0 ? disksIn(group) : msg`${group.mounts.join(", ")} (${disksIn(group)} of the backup)`;

const foundPaths = (disks: Readonly<Record<NodeId, Candidate>>) =>
  Object.values(disks)
    .map(({ disk }) => disk.path)
    .join(", ");

const isChosen = ({ disks }: DiskGroup, { chosen }: Here) => disks.some(({ id }) => chosen[id] !== undefined);
const isEdited = ({ disks }: DiskGroup, { edited }: Here) => disks.some(({ id }) => edited?.has(id));

/** Looks for groups of data; one of the system is never kept, and one without anything on it need not be. */
function judge(layout: Layout, { candidates, chosen }: Here): Judged[] {
  const taken = new Set(Object.values(chosen));
  const open = candidates.filter(({ disk }) => !taken.has(disk.path));
  return diskGroups(layout).map((group) => ({ group, found: findGroup(layout, group, open) }));
}

const isData = ({ group, found }: Judged) => group.system === undefined && found.state !== "absent";

const NOTHING_WRITTEN = msg`Nothing was written.`;

function refuse(judged: Judged, why: string): MondoError {
  const text = msg`${groupWords(judged.group)} can't be kept as it is: ${why}`;
  const hint = msg`${NOTHING_WRITTEN} Look at the disks in interactive mode; or name what to keep (mondo.keep=/srv), and all else is erased and restored.`;
  return new MondoError("refused", text, { hint, data: { disks: judged.group.disks.map(({ path }) => path) } });
}

/** Why a group that was asked for can't stay. */
function obstacle({ group, found }: Judged, here: Here): string | undefined {
  if (group.system !== undefined) return group.system;
  if (isEdited(group, here)) return msg`its layout is to be another one`;
  if (isChosen(group, here)) return msg`another disk was chosen for it`;
  if (found.state === "absent") return msg`nothing of it is on this machine`;
  return found.state === "changed" ? found.why : undefined;
}

/** A name of the set, and what was said behind it. */
interface Named {
  readonly judged: Judged;
  /** Mount points that get the files of the set. */
  readonly files: readonly string[];
}

/** The group of a name, which may have `=files` behind it. */
function findNamed(judged: readonly Judged[], name: string): Named | undefined {
  const find = (wanted: string) => {
    const isNamed = (known: string | undefined) => known === wanted || known === `/dev/${wanted}`;
    return judged.find(({ group }) => {
      return (
        group.mounts.includes(wanted) || group.disks.some(({ path, serial }) => isNamed(path) || serial === wanted)
      );
    });
  };
  const found = find(name);
  if (found) return { judged: found, files: [] };
  const own = nameWithFiles(name);
  const withFiles = own === undefined ? undefined : find(own);
  if (own === undefined || !withFiles) return undefined;
  const { mounts } = withFiles.group;
  return { judged: withFiles, files: mounts.includes(own) ? [own] : mounts };
}

/** The groups with these mount points and disks; throws `refused` for a name that is none, or what can't stay. */
function named(layout: Layout, judged: readonly Judged[], names: readonly string[], here: Here): Judged[] {
  const of = (name: string) => {
    const found = findNamed(judged, name);
    if (found) return found.judged;
    const there = [...nodesOf(layout, "mount"), ...nodesOf(layout, "disk")].map(({ path }) => path).join(", ");
    throw new MondoError("refused", msg`"${name}" is to be kept, but is no mount point and no disk of the backup`, {
      hint: msg`${NOTHING_WRITTEN} The backup has ${there}.`,
    });
  };
  const wanted = [...new Set(names.map(of))];
  for (const one of wanted) {
    const why = obstacle(one, here);
    if (why !== undefined) throw refuse(one, why);
  }
  return wanted;
}

function choose(layout: Layout, judged: readonly Judged[], asked: KeepWish, here: Here): Judged[] {
  const wish = plainWish(asked);
  if (wish === "none") return [];
  if (wish !== "offer" && wish !== "auto") return named(layout, judged, wish, here);
  const open = judged.filter(isData);
  for (const one of wish === "auto" ? open : []) {
    // Who names one of the disks gives up what is on all of them.
    const isGivenUp = one.found.state === "changed" && isChosen(one.group, here);
    const why = isGivenUp ? undefined : obstacle(one, here);
    if (why !== undefined) throw refuse(one, why);
  }
  return open.filter((one) => obstacle(one, here) === undefined);
}

/** What is said of groups that could stay, or can't although some of it is here. */
function notesOf(judged: readonly Judged[], wish: KeepWish, kept: readonly Judged[], here: Here): string[] {
  return judged.flatMap((one) => {
    const { group, found } = one;
    if (kept.includes(one) || !isData(one) || isChosen(group, here)) return [];
    const why = obstacle(one, here);
    if (why !== undefined) return wish === "none" ? [] : [msg`${groupWords(group)} can't be kept as it is: ${why}`];
    if (found.state !== "here") return [];
    return [msg`${groupWords(group)} is on ${foundPaths(found.disks)} still, and could be kept as it is (keep auto)`];
  });
}

/** Mount points of what stays that get the files of the set, in the layout's order. */
function filesOn(kept: readonly Judged[], wish: KeepWish): string[] {
  const mounts = kept.flatMap(({ group }) => group.mounts);
  if (isWithFiles(wish)) return mounts;
  const names = typeof wish === "string" ? [] : wish;
  const wanted = new Set(names.flatMap((name) => findNamed(kept, name)?.files ?? []));
  return mounts.filter((path) => wanted.has(path));
}

/** What is written to disks that stay is said before anybody agrees. */
const filesNotes = (files: readonly string[]): string[] =>
  files.length === 0
    ? []
    : [
        msg`Files of the backup are restored into ${files.join(", ")}, which stays: those that exist are replaced, none is removed`,
      ];

/** Boot sectors on disks that stay are not written: what starts from there is as it was. */
function loaderNotes(layout: Layout, disks: KeptDisks["disks"]): string[] {
  return nodesOf(layout, "loader").flatMap(({ on, type }) =>
    on.flatMap((id) => {
      const kept = disks[id];
      return kept ? [msg`The boot loader (${type}) at the start of ${kept.disk.path} stays as it is there`] : [];
    }),
  );
}

/** Swap files on what stays are there already. */
function swapFilesOn(layout: Layout, mounts: readonly string[]): NodeId[] {
  const holder = (path: string) => mountHolding(layout, path)?.mount.path ?? "";
  return nodesOf(layout, "swap-file").flatMap(({ id, path }) => (mounts.includes(holder(path)) ? [id] : []));
}

/**
 * Decides which disks of a set stay as they are. Pure. Throws `refused` for what was asked for and can't stay, and,
 * with `auto`, for any data of which a part is here and not all.
 */
export function decideKeep(layout: Layout, here: Here, wish: KeepWish): KeptDisks {
  const judged = judge(layout, here);
  const kept = choose(layout, judged, wish, here);
  const mounts = kept.flatMap(({ group }) => group.mounts);
  const nodes = new Set([...kept.flatMap(({ group }) => [...group.nodes]), ...swapFilesOn(layout, mounts)]);
  const disks = Object.assign({}, ...kept.flatMap(({ found }) => (found.state === "here" ? [found.disks] : [])));
  const files = filesOn(kept, wish);
  return {
    layout: kept.length === 0 ? layout : withoutKept(layout, nodes),
    disks,
    mounts,
    files,
    notes: [...notesOf(judged, wish, kept, here), ...filesNotes(files), ...loaderNotes(layout, disks)],
  };
}

/** A disk that stays, for people: "/dev/sdb, 2.0 GiB, serial X: /srv". */
export const keptWords = (disk: Parameters<typeof describeDiskShortly>[0], mounts: readonly string[]): string =>
  mounts.length === 0 ? describeDiskShortly(disk) : `${describeDiskShortly(disk)}: ${mounts.join(", ")}`;
