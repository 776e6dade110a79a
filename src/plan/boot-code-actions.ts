import { msg } from "../base/message.ts";
import { bootAreas } from "../drivers/boot-areas.ts";
import type { Action } from "../effects/effect.ts";
import type { Targets } from "../layout/candidate.ts";
import { diskOf } from "../layout/graph.ts";
import type { BootCode, Disk, Layout, LayoutNode, Partition } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";
import type { Devices } from "./storage-actions.ts";

type Carrier = Disk | Partition;

const carriers = (layout: Layout): Carrier[] => [...nodesOf(layout, "disk"), ...nodesOf(layout, "partition")];
const bytesOf = ({ base64 }: BootCode) => Buffer.from(base64, "base64").byteLength;

/** Why code that was on a device can't be on the one that stands for it; undefined if it can. */
function obstacle(saved: Layout, layout: Layout, targets: Targets, was: Carrier, keepsTables: boolean) {
  const now = nodeById(layout, was.id);
  const [before, disk] = [diskOf(saved, was.id), targets.disks[diskOf(saved, was.id)?.id ?? ""]?.disk];
  if (!before || !disk || (now?.kind !== "disk" && now?.kind !== "partition")) return msg`nothing stands for it here`;
  if (was.kind === "disk" && keepsTables) return msg`the disk keeps the table and the code that it has`;
  if (disk.logicalSectorBytes !== before.logicalSectorBytes) return msg`the disk here has sectors of another size`;
  if (was.kind === "partition" && now.kind === "partition" && was.startBytes !== now.startBytes) {
    return msg`the partition begins at another place now`;
  }
  const areas = bootAreas(layout, now);
  const fits = ({ offset, ...code }: BootCode) =>
    areas.some(([from, to]) => offset >= from && offset + bytesOf({ offset, ...code }) <= to);
  return was.bootCode?.every(fits) ? undefined : msg`there is no room for it before what comes next`;
}

/**
 * The layout with the boot code that can be written back, and a warning for each that can't. `saved` is the layout as
 * it was, `layout` as it will be; `keepsTables`: on the disks stay the tables that they have.
 */
export function placeBootCode(
  saved: Layout,
  layout: Layout,
  targets: Targets,
  keepsTables: boolean,
): { layout: Layout; warnings: readonly string[] } {
  const coded = carriers(saved).filter(({ bootCode }) => bootCode !== undefined);
  const reasons = new Map(coded.map((was) => [was.id, obstacle(saved, layout, targets, was, keepsTables)]));
  const nodes = layout.nodes.map((node): LayoutNode => {
    if (node.kind !== "disk" && node.kind !== "partition") return node;
    const { bootCode: _, ...bare } = node;
    const code = coded.find(({ id }) => id === node.id)?.bootCode;
    return code === undefined || reasons.get(node.id) !== undefined ? bare : { ...bare, bootCode: code };
  });
  const warnings = coded.flatMap(({ id, path }) => {
    const why = reasons.get(id);
    return why === undefined
      ? []
      : [
          msg`The boot code of ${path} isn't written back (${why}): if the system starts by it, install its loader again`,
        ];
  });
  return { layout: { ...layout, nodes }, warnings };
}

/** Writes boot code back where it was, once tables and file systems are made. */
export function bootCodeActions(layout: Layout, devices: Devices): Action[] {
  return carriers(layout).flatMap(({ id, bootCode = [] }): Action[] => {
    const path = devices[id];
    if (path === undefined || bootCode.length === 0) return [];
    const say = msg`Write the boot code that was there to the first sectors of ${path}`;
    const effects = bootCode.map(({ offset, base64 }) => ({ do: "writeAt", path, offset, base64 }) as const);
    return [{ id: `boot-code:${id}`, node: id, say, destroys: [], effects }];
  });
}
