/** Disks as bars to scale: what was on the saved one, what is on this one now, and what will be. */
import { msg } from "../base/message.ts";
import type { Candidate } from "../layout/candidate.ts";
import { partitionsOf, tableOn } from "../layout/graph.ts";
import type { Disk, Layout, NodeId } from "../layout/types.ts";
import { purposeOf } from "../plan/fit/sizes.ts";
import type { Bar, Stretch } from "../ui/screens/screen.ts";
import type { Ready } from "./prepare.ts";

const shortName = (path: string): string => path.replace(/^\/dev\//, "");

/** What a layout has on a disk. */
function stretchesIn(layout: Layout, disk: NodeId, sizeBytes: number): Stretch[] {
  const table = tableOn(layout, disk);
  if (!table) {
    const label = purposeOf(layout, disk);
    return label === "" ? [] : [{ label, startBytes: 0, sizeBytes }];
  }
  return partitionsOf(layout, table.id)
    .filter(({ role }) => role !== "extended")
    .map(({ id, number, startBytes, sizeBytes: bytes }) => {
      return { label: `${number} ${purposeOf(layout, id)}`.trim(), startBytes, sizeBytes: bytes };
    });
}

/** What lies on a disk of this machine. */
function stretchesOn({ disk, table, contents, identities, unidentified }: Candidate): Stretch[] {
  if (!table) {
    const holdsSomething = (identities ?? []).length > 0 || unidentified === true;
    return holdsSomething ? [{ label: contents, startBytes: 0, sizeBytes: disk.sizeBytes }] : [];
  }
  return table.flatMap((node) => {
    if (node.kind !== "partition" || node.role === "extended") return [];
    const label = `${node.number} ${node.name ?? ""}`.trim();
    return [{ label, startBytes: node.startBytes, sizeBytes: node.sizeBytes }];
  });
}

/** The bars of one disk of the set and the one that takes its place. Pure. */
export function diskBars(saved: Layout, disk: Disk, { plan, targets }: Ready): Bar[] {
  const target = targets.disks[disk.id];
  const was = { label: msg`${shortName(disk.path)} of the backup`, sizeBytes: disk.sizeBytes };
  const before: Bar = { ...was, stretches: stretchesIn(saved, disk.id, disk.sizeBytes) };
  if (!target) return [before];
  const { sizeBytes, path } = target.disk;
  return [
    before,
    { label: msg`${shortName(path)} now`, sizeBytes, stretches: stretchesOn(target) },
    { label: msg`${shortName(path)} then`, sizeBytes, stretches: stretchesIn(plan.layout, disk.id, sizeBytes) },
  ];
}
