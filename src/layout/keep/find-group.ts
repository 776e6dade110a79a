/** Whether disks of a set are here, with all that was on them. */
import { msg } from "../../base/message.ts";
import type { Candidate } from "../candidate.ts";
import { partitionPath, partitionsOf, tableOn } from "../graph.ts";
import { identitiesOn } from "../identities.ts";
import { kindOf } from "../kinds.ts";
import { nodesOn } from "../nodes-on.ts";
import { holdsNothing, numberedIn } from "../standing.ts";
import type { Disk, Layout, LayoutNode, NodeId, Partition } from "../types.ts";
import type { DiskGroup } from "./disk-groups.ts";
import type { HeldPart } from "./held-part.ts";
import { memberFlaw } from "./member-flaw.ts";

/** What of a group of disks is on this machine. `changed`: something is, but not all, or not as it was. */
export type GroupFound =
  | { readonly state: "here"; readonly disks: Readonly<Record<NodeId, Candidate>> }
  | { readonly state: "changed"; readonly why: string }
  | { readonly state: "absent" };

/** What lies directly on a device of a layout and identifies it. */
function contentOn(layout: Layout, device: NodeId): LayoutNode | undefined {
  return nodesOn(layout, device).find((node) => {
    const { role } = kindOf(node);
    return role === "content" || role === "volume" || role === "group";
  });
}

const uuidOf = (node: LayoutNode): string | undefined => ("uuid" in node ? node.uuid?.toLowerCase() : undefined);

/** How a member of a volume is told from the others; undefined where there is one alone, or any will do. */
function roleOf(node: LayoutNode, device: NodeId): string | undefined {
  if (node.kind === "raid") return String(node.members.find(({ on }) => on === device)?.slot);
  return node.kind === "volume-group" ? node.members.find(({ on }) => on === device)?.uuid : undefined;
}

/** "the file system (ext4) with the UUID …": what is looked for on a device. */
function wantedWords(node: LayoutNode): string {
  const type = node.kind === "filesystem" ? ` (${node.type})` : "";
  const uuid = uuidOf(node);
  return msg`the ${kindOf(node).noun}${type}${uuid === undefined ? "" : msg` with the UUID ${uuid}`}`;
}

/** Why what is found on a device can't be what was there. */
function partFlaw(layout: Layout, device: NodeId, found: HeldPart | undefined, path: string): string | undefined {
  const wanted = contentOn(layout, device);
  if (!wanted) return undefined;
  const uuid = uuidOf(wanted);
  if (uuid === undefined || uuid === "") return msg`${wantedWords(wanted)} on ${path} has nothing to know it by`;
  const type = wanted.kind === "filesystem" ? wanted.type : undefined;
  if (found?.kind !== wanted.kind || found.uuid !== uuid || found.type !== type) {
    return msg`${path} no longer holds ${wantedWords(wanted)}`;
  }
  const role = roleOf(wanted, device);
  if (role === undefined || role === found.role?.own) return undefined;
  return msg`${path} is another member of ${wantedWords(wanted)} than before (${found.role?.own ?? msg`unknown`} instead of ${role})`;
}

const sameText = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Why a partition is not where, and what, it was. */
function placeFlaw(wanted: Partition, { table = [] }: Candidate, path: string): string | undefined {
  const found = table.find((node): node is Partition => node.kind === "partition" && node.number === wanted.number);
  if (!found) return msg`${path} is gone`;
  const { startBytes, sizeBytes } = wanted;
  if (found.startBytes !== startBytes || found.sizeBytes !== sizeBytes) {
    return msg`${path} begins or ends at another place than before`;
  }
  return sameText(found.uuid, wanted.uuid) ? undefined : msg`${path} has another partition UUID than before`;
}

/** Why a disk of this machine is not, byte for byte as far as identifiers tell, one of the set. */
function diskFlaw(layout: Layout, disk: Disk, candidate: Candidate): string | undefined {
  const { path } = candidate.disk;
  const parts = candidate.parts ?? [];
  const table = tableOn(layout, disk.id);
  if (!table) {
    const own = parts.find(({ partition }) => partition === undefined);
    return partFlaw(layout, disk.id, own, path);
  }
  const found = candidate.table?.find((node) => node.kind === "table");
  if (!found || found.scheme !== table.scheme || !sameText(found.uuid, table.uuid)) {
    return msg`${path} has another partition table than before`;
  }
  for (const partition of partitionsOf(layout, table.id)) {
    const at = partitionPath(path, partition.number);
    const part = parts.find((one) => one.partition === partition.number);
    const flaw = placeFlaw(partition, candidate, at) ?? partFlaw(layout, partition.id, part, at);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

const partKey = ({ kind, uuid, role }: HeldPart) => `${kind} ${uuid} ${role?.own}`;

/** A disk that was not taken, and holds the same as one that was: which of them the machine would use is luck. */
function twinFlaw(taken: readonly Candidate[], candidates: readonly Candidate[]): string | undefined {
  const known = new Map(
    taken.flatMap(({ disk, parts = [] }) =>
      parts.flatMap((part) => (part.uuid === undefined ? [] : [[partKey(part), disk.path] as const])),
    ),
  );
  // Another path to a disk is no copy of it.
  const wwns = new Set(taken.flatMap(({ disk }) => disk.wwn ?? []));
  const others = candidates.filter((one) => !taken.includes(one) && !wwns.has(one.disk.wwn ?? ""));
  for (const candidate of others) {
    const twin = (candidate.parts ?? []).map((part) => known.get(partKey(part))).find((path) => path !== undefined);
    if (twin !== undefined) return msg`${candidate.disk.path} holds a copy of what is on ${twin}`;
  }
  return undefined;
}

/** Why disks that all are what they were don't make the same whole. */
function wholeFlaw(layout: Layout, group: DiskGroup, candidates: readonly Candidate[]): string | undefined {
  const parts = candidates.flatMap((candidate) => candidate.parts ?? []);
  for (const node of layout.nodes.filter(({ id }) => group.nodes.has(id))) {
    const uuid = uuidOf(node);
    const members = parts.filter((part) => part.kind === node.kind && part.uuid === uuid && part.role !== undefined);
    if (uuid === undefined || members.length === 0) continue;
    const gives = layout.nodes.filter((one) => one.kind === "logical-volume" && one.group === node.id);
    const flaw = memberFlaw(wantedWords(node), members, new Map(gives.map((one) => [uuidOf(one) ?? "", one])));
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** For each disk of a group, those that hold anything of it, and the disk itself when it holds something else now. */
function likeDisks(layout: Layout, group: DiskGroup, candidates: readonly Candidate[]) {
  const isNumbered = numberedIn(candidates);
  return group.disks.map((disk) => {
    const ids = identitiesOn(layout, disk.id);
    const isUsed = nodesOn(layout, disk.id).length > 0;
    const like = candidates.filter((candidate) => {
      if (candidate.identities?.some((id) => ids.has(id))) return true;
      return isUsed && isNumbered(disk, candidate.disk) && !holdsNothing(candidate);
    });
    return { disk, like };
  });
}

/**
 * Looks for a group of disks of a set among those of this machine: by the tables and by what lies on them, never by
 * names; a serial number only tells that what lies there is another thing now. What lies inside of volumes that are not
 * running is not looked at.
 */
export function findGroup(layout: Layout, group: DiskGroup, candidates: readonly Candidate[]): GroupFound {
  const found: Record<NodeId, Candidate> = {};
  const alike = likeDisks(layout, group, candidates);
  if (alike.every(({ like }) => like.length === 0)) return { state: "absent" };
  const isIdle = ({ busy }: Candidate) => busy === undefined;
  const isOpen = (candidate: Candidate) => !Object.values(found).includes(candidate);
  for (const { disk, like } of alike) {
    const same = like.filter((candidate) => isOpen(candidate) && diskFlaw(layout, disk, candidate) === undefined);
    const own = same.find(isIdle) ?? same[0];
    if (own) found[disk.id] = own;
  }
  const lacking = alike.find(({ disk }) => found[disk.id] === undefined);
  // What stands for none of them is most likely this one, changed.
  const odd = lacking?.like.find(isOpen);
  const gone = lacking && msg`nothing of ${lacking.disk.path} of the backup is on this machine`;
  const taken = Object.values(found);
  const busy = taken.find((candidate) => candidate.busy !== undefined)?.busy;
  const why =
    (lacking && odd && diskFlaw(layout, lacking.disk, odd)) ??
    gone ??
    busy ??
    twinFlaw(taken, candidates) ??
    wholeFlaw(layout, group, candidates);
  return why === undefined ? { state: "here", disks: found } : { state: "changed", why };
}
