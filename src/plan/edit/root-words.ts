import { nodesBelow } from "../../layout/graph.ts";
import type { Filesystem, Layout, Swap } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { lastingSpec, specsOf } from "./followed.ts";

/** The file system that is mounted at the root. */
export function rootOf(layout: Layout): Filesystem | undefined {
  const mount = nodesOf(layout, "mount").find(({ path }) => path === "/");
  const fs = mount && nodeById(layout, mount.of);
  return fs?.kind === "filesystem" ? fs : undefined;
}

/** Kinds of layers between a content and the disks. */
const layersOf = (layout: Layout, id: string): string =>
  nodesBelow(layout, id)
    .filter(({ kind }) => kind === "raid" || kind === "logical-volume" || kind === "luks")
    .map(({ id: own }) => own)
    .sort()
    .join(" ");

/** What dracut has to be told of the layers below the root; others find them by themselves. */
export function dracutWords(layout: Layout, id: string): string[] {
  return nodesBelow(layout, id).flatMap((node) => {
    if (node.kind === "raid") return [`rd.md.uuid=${node.uuid}`];
    if (node.kind === "luks") return [`rd.luks.uuid=luks-${node.uuid}`];
    if (node.kind !== "logical-volume") return [];
    const group = nodeById(layout, node.group);
    return group?.kind === "volume-group" ? [`rd.lvm.lv=${group.name}/${node.name}`] : [];
  });
}

const isDracut = (layout: Layout) => nodesOf(layout, "hardware")[0]?.rebuild?.[0] === "dracut";

/** How a command line is changed: words (`UUID=x`) and names of device files. */
export interface LineChanges {
  readonly words: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
}

type Renaming = readonly [from: string, to: string];

/** What named a content, where that leads nowhere any more, or to what an initial RAM disk doesn't look for. */
function renamings(before: Layout, after: Layout, was: Filesystem | Swap, now: Filesystem | Swap): Renaming[] {
  if (layersOf(before, was.id) === layersOf(after, now.id) && was.uuid === now.uuid) return [];
  const to = lastingSpec(after, now);
  const more = was.kind === "filesystem" && isDracut(after) ? dracutWords(after, now.id) : [];
  const plain = specsOf(before, was).filter((spec) => !/\s/.test(spec));
  return plain.map((from): Renaming => [from, [to, ...more].join(" ")]);
}

/** Words that say what the root is, beside its device. */
function rootWords(before: Layout, was: Filesystem, now: Filesystem): Renaming[] {
  const mount = nodesOf(before, "mount").find(({ path }) => path === "/");
  const root = mount === undefined || mount.root === "/" ? undefined : mount.root;
  const type: Renaming[] = was.type === now.type ? [] : [[`rootfstype=${was.type}`, `rootfstype=${now.type}`]];
  if (root === undefined || now.type === "btrfs") return type;
  // Something has to stand there: the kernel's own default.
  return [...type, [`subvol=${root}`, "relatime"], [`subvol=${root.slice(1)}`, "relatime"]];
}

/** What has to change on the kernel's command line, wherever it is kept. Pure. */
export function lineChanges(before: Layout, after: Layout): LineChanges {
  const [was, now] = [rootOf(before), rootOf(after)];
  const root = was && now ? [...renamings(before, after, was, now), ...rootWords(before, was, now)] : [];
  const swaps = nodesOf(before, "swap").flatMap((swap): Renaming[] => {
    const same = nodeById(after, swap.id);
    return same?.kind === "swap" ? renamings(before, after, swap, same) : [];
  });
  const all = [...root, ...swaps].filter(([from, to]) => from !== to);
  const isPath = (name: string) => name.startsWith("/dev/");
  return {
    words: Object.fromEntries(all.filter(([from]) => !isPath(from))),
    names: Object.fromEntries(all.filter(([from]) => isPath(from))),
  };
}
