import { mountPath } from "../../base/mount-path.ts";
import { contentOf, disksOf, mountHolding, partitionsOf, tableSeenOn } from "../../layout/graph.ts";
import { kindOf } from "../../layout/kinds.ts";
import type {
  Crypttab,
  DeviceNames,
  Filesystem,
  Fstab,
  Layout,
  LayoutNode,
  Loader,
  Luks,
  Mount,
  Swap,
} from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { fstabOptionsFor } from "./fstab-words.ts";
import { BIOS_BOOT } from "./partition-types.ts";
import { withNodes } from "./rebuild.ts";

type FstabEntry = Fstab["entries"][number];
type Content = Filesystem | Swap;

const plain = (spec: string) => spec.replaceAll('"', "").toLowerCase();

/** Every way to name what lies on a device: its tags, those of its device, device files. */
export function specsOf(layout: Layout, content: Content): string[] {
  const device = nodeById(layout, content.on);
  const tagged = [content, ...(device ? [device] : [])].flatMap((node: LayoutNode) =>
    Object.entries<string | undefined>(kindOf(node).tags?.(node) ?? {}),
  );
  // What encrypts has tags of its own, which lead to the device below.
  const own =
    device?.kind === "luks"
      ? Object.entries<string | undefined>(kindOf(content as LayoutNode).tags?.(content) ?? {})
      : tagged;
  const tags = own.flatMap(([tag, value]) =>
    value === undefined || value === "" ? [] : [`${tag.toUpperCase()}=${value}`, `/dev/disk/by-${tag}/${value}`],
  );
  const paths = device && "path" in device ? [device.path, ...(kindOf(device).aliases?.(device) ?? [])] : [];
  return [...tags, ...paths];
}

/** What names a content for good, in /etc/fstab and on the kernel's command line. */
export function lastingSpec(layout: Layout, content: Content): string {
  const device = nodeById(layout, content.on);
  if (device?.kind === "luks") return device.path;
  // Initial RAM disks find the group by the name.
  if (device?.kind === "logical-volume") return kindOf(device).aliases?.(device)[0] ?? device.path;
  if (content.uuid !== undefined) return `UUID=${content.uuid}`;
  return device && "path" in device ? device.path : content.id;
}

/** The content that a line of fstab names. */
function contentNamed(
  layout: Layout,
  { spec, path, type }: FstabEntry,
): { content: Content; mount?: Mount } | undefined {
  const contents = [...nodesOf(layout, "filesystem"), ...nodesOf(layout, "swap")];
  const mount = type === "swap" ? undefined : nodesOf(layout, "mount").find((one) => one.path === mountPath(path));
  const byMount = mount && contents.find(({ id }) => id === mount.of);
  if (byMount) return { content: byMount, mount };
  const named = contents.find((one) => specsOf(layout, one).some((known) => plain(known) === plain(spec)));
  return named && { content: named };
}

/** A line as it has to be now; none where what it mounted is gone. */
function changedLine(before: Layout, after: Layout, line: FstabEntry): FstabEntry[] {
  const was = contentNamed(before, line);
  if (!was) return [line];
  const mount = was.mount && nodeById(after, was.mount.id);
  if (was.mount && mount?.kind !== "mount") return [];
  const now = nodeById(after, mount?.kind === "mount" ? mount.of : was.content.id);
  if (now?.kind !== "filesystem" && now?.kind !== "swap") return [];
  const known = specsOf(after, now).some((spec) => plain(spec) === plain(line.spec));
  const spec = known ? line.spec : lastingSpec(after, now);
  if (now.kind === "swap" || mount?.kind !== "mount" || was.content.kind !== "filesystem") return [{ ...line, spec }];
  const options = fstabOptionsFor(line.options, {
    was: was.content.type,
    now: now.type,
    before: was.mount,
    after: mount,
  });
  return [{ ...line, spec, type: line.type === "auto" ? "auto" : now.type, options }];
}

/** Lines of what is new. */
function newLines(before: Layout, after: Layout): FstabEntry[] {
  const known = new Set(before.nodes.map(({ id }) => id));
  const mounts = nodesOf(after, "mount").flatMap((mount): FstabEntry[] => {
    const fs = nodeById(after, mount.of);
    if (known.has(mount.id) || fs?.kind !== "filesystem") return [];
    const place = mount.root === "/" ? [] : [`subvol=${mount.root}`];
    const options =
      [mount.options, ...place]
        .filter((word, _, all) => word !== "" && (word !== "defaults" || all.length < 2))
        .join(",") || "defaults";
    return [{ spec: lastingSpec(after, fs), path: mount.path, type: fs.type, options }];
  });
  const swaps = nodesOf(after, "swap").flatMap((swap): FstabEntry[] =>
    known.has(swap.id) ? [] : [{ spec: lastingSpec(after, swap), path: "none", type: "swap", options: "sw" }],
  );
  return [...mounts, ...swaps];
}

/** A line of fstab as it was, and as it has to be; one that is new was none. */
export interface FstabChange {
  readonly was?: FstabEntry;
  readonly now?: FstabEntry;
}

/** Every line of fstab that names a device, changed or not, and those that are new. */
export function fstabChanges(before: Layout, after: Layout): FstabChange[] {
  const { entries = [] } = nodesOf(before, "fstab")[0] ?? {};
  const had = entries.map((was): FstabChange => {
    const [now] = changedLine(before, after, was);
    return now ? { was, now } : { was };
  });
  return [...had, ...newLines(before, after).map((now) => ({ now }))];
}

function followedFstab(before: Layout, after: Layout): Fstab {
  const { id = "fstab" } = nodesOf(before, "fstab")[0] ?? {};
  return { kind: "fstab", id, entries: fstabChanges(before, after).flatMap(({ now }) => now ?? []) };
}

/** What is opened by which name: volumes come and go. */
function followedCrypttab(before: Layout, after: Layout): Crypttab | undefined {
  const { entries = [], id = "crypttab" } = nodesOf(before, "crypttab")[0] ?? {};
  const had = nodesOf(before, "luks");
  const has = nodesOf(after, "luks");
  const isIn = (list: readonly Luks[], { uuid }: Luks) => list.some((one) => one.uuid === uuid);
  const gone = had.filter((luks) => !isIn(has, luks));
  const fresh = has.filter((luks) => !isIn(had, luks));
  if (gone.length === 0 && fresh.length === 0) return undefined;
  const kept = entries.filter(({ name }) => !gone.some((luks) => luks.name === name));
  const added = fresh.map(({ name, uuid }) => ({ name, source: `UUID=${uuid}`, key: "none", options: ["luks"] }));
  return { kind: "crypttab", id, entries: [...kept, ...added] };
}

/** Names in files lead to where the content is now that was on the device they name. */
function followedNames(before: Layout, after: Layout, names: DeviceNames): DeviceNames {
  const uses = names.uses.flatMap((use) => {
    const had = contentOf(before, use.node);
    const now = had && nodeById(after, had.id);
    const isContent = now?.kind === "filesystem" || now?.kind === "swap";
    const node = isContent ? now.on : use.node;
    return nodeById(after, node) ? [{ ...use, node }] : [];
  });
  return { ...names, uses };
}

/** GRUB by BIOS is installed on each disk that holds a part of what it reads, and has a place for it. */
function followedLoader(after: Layout, loader: Loader): Loader {
  if (loader.type !== "grub-bios") return loader;
  const holding = mountHolding(after, `${loader.details.directory ?? "/boot"}/`);
  if (!holding) return loader;
  const disks = disksOf(after, holding.mount.of).filter(({ id }) => {
    const table = tableSeenOn(after, id);
    if (!table || table.scheme === "dos") return table !== undefined;
    return partitionsOf(after, table.id).some(({ type }) => type === BIOS_BOOT);
  });
  return { ...loader, on: [...new Set([...loader.on, ...disks.map(({ id }) => id)])] };
}

/**
 * The edited layout with all in it that follows from the edits: lines of fstab and crypttab, what names in control
 * files lead to, the disks that the boot loader goes to. `before` is the layout that was saved. Pure; a restore writes
 * what differs.
 */
export function followed(before: Layout, after: Layout): Layout {
  const crypttab = followedCrypttab(before, after);
  const changed: LayoutNode[] = [
    followedFstab(before, after),
    ...(crypttab ? [crypttab] : []),
    ...nodesOf(after, "device-names").map((names) => followedNames(before, after, names)),
    ...nodesOf(after, "loader").map((loader) => followedLoader(after, loader)),
  ];
  return withNodes(after, changed);
}
