import { formatBytes } from "../base/units.ts";
import { describeDiskShortly } from "./describe-disk-shortly.ts";
import { membersOf, parentOf } from "./graph.ts";
import type { Layout, LayoutNode, Partition } from "./types.ts";
import { nodesOf } from "./types.ts";

/** One line of the tree. */
interface Row {
  readonly name: string;
  readonly size: string;
  readonly what: string;
  readonly use: string;
}

/** What people call partition types that hold no file system, or a special one. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  "21686148-6449-6E6F-744E-656564454649": "BIOS boot",
  "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": "EFI system",
  "9E1A2D38-C612-4316-AA26-8B49521E5A8B": "PReP boot",
  "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": "Microsoft reserved",
  ef: "EFI system",
};

/** Nodes that stand for something of their own in the tree; contents and mounts are told on their device's line. */
const OWN_LINE = new Set(["disk", "partition", "raid", "volume-group", "logical-volume", "luks", "unsupported"]);
const WITHOUT_PLACE = new Set([
  "firmware",
  "loader",
  "fstab",
  "crypttab",
  "device-names",
  "hardware",
  "left-out",
  "note",
]);

function childrenOf(layout: Layout, id: string): LayoutNode[] {
  return layout.nodes.filter((node) => {
    if (WITHOUT_PLACE.has(node.kind)) return false;
    return parentOf(layout, node)?.id === id || membersOf(layout, node).some((member) => member.id === id);
  });
}

function identified(node: { readonly label?: string; readonly uuid?: string }): string {
  const words = [node.label === undefined ? "" : `"${node.label}"`, node.uuid === undefined ? "" : `UUID=${node.uuid}`];
  return words.filter((word) => word !== "").join(" ");
}

function partitionWords(partition: Partition): string {
  if (partition.role === "extended") return "extended";
  const name = partition.name === undefined || partition.name === "" ? "" : `"${partition.name}"`;
  return [TYPE_NAMES[partition.type] ?? "", name, partition.bootable ? "active" : ""].filter((w) => w !== "").join(" ");
}

/** What lies directly on a device, as words of its line. */
function contentWords(layout: Layout, id: string): Pick<Row, "what" | "use"> {
  const what: string[] = [];
  const use: string[] = [];
  for (const child of childrenOf(layout, id)) {
    if (child.kind === "table") what.push(`${child.scheme === "gpt" ? "GPT" : "MBR"} ${child.uuid}`);
    if (child.kind === "swap") what.push(`swap ${identified(child)}`.trim());
    if (child.kind === "image") what.push(`image of ${child.what} ${identified(child)}`.trim());
    if (child.kind !== "filesystem") continue;
    what.push(`${child.type} ${identified(child)}`.trim());
    const mounts = childrenOf(layout, child.id).filter((mount) => mount.kind === "mount");
    const subvolumes = childrenOf(layout, child.id).filter((one) => one.kind === "subvolume" && one.leftOut !== true);
    if (subvolumes.length > 0) what.push(`${subvolumes.length} subvolume${subvolumes.length === 1 ? "" : "s"}`);
    use.push(...mounts.map((mount) => mount.path));
    if (child.usedBytes !== undefined) use.push(`${formatBytes(child.usedBytes)} used`);
  }
  return { what: what.join(", "), use: use.join(", ") };
}

function rowOf(layout: Layout, node: LayoutNode): Row {
  const { what, use } = contentWords(layout, node.id);
  const join = (...words: string[]) => words.filter((word) => word !== "").join(", ");
  const sized = (name: string, bytes: number, own: string): Row => {
    return { name, size: formatBytes(bytes), what: join(own, what), use };
  };
  switch (node.kind) {
    case "disk": {
      const [, , ...identity] = describeDiskShortly(node).split(", ");
      return sized(node.path, node.sizeBytes, identity.join(", "));
    }
    case "partition":
      return sized(node.path, node.sizeBytes, partitionWords(node));
    case "raid":
      return sized(node.path, node.sizeBytes, `${node.level} of ${node.slots}, metadata ${node.metadata}`);
    case "volume-group":
      return { name: node.name, size: "", what: `volume group on ${node.members.length} physical volumes`, use: "" };
    case "logical-volume":
      return sized(node.path, node.sizeBytes, [node.segments.join(", "), node.cache ?? ""].join(" ").trim());
    case "luks":
      return sized(node.path, node.sizeBytes, `LUKS${node.version} ${node.cipher} ${identified(node)}`);
    case "unsupported":
      return { name: node.path, size: "", what: `${node.what} (can't be rebuilt)`, use: "" };
    default:
      return { name: "path" in node ? node.path : node.id, size: "", what: join(node.kind, what), use };
  }
}

/** The tree below a node; a volume is drawn below its first member only, and named below the others. */
function branch(layout: Layout, node: LayoutNode, depth: number, drawn: Set<string>): Row[] {
  const row = rowOf(layout, node);
  const name = `${"  ".repeat(depth)}${row.name}`;
  if (drawn.has(node.id)) return [{ name, size: "", what: "(see above)", use: "" }];
  drawn.add(node.id);
  const below = childrenOf(layout, node.id)
    .flatMap((child) => (child.kind === "table" ? childrenOf(layout, child.id) : [child]))
    .filter(
      (child) => OWN_LINE.has(child.kind) || !["filesystem", "swap", "mount", "table", "image"].includes(child.kind),
    );
  return [{ ...row, name }, ...below.flatMap((child) => branch(layout, child, depth + 1, drawn))];
}

function columns(rows: readonly Row[]): string[] {
  const width = (key: keyof Row) => Math.max(0, ...rows.map((row) => row[key].length));
  const [name, size, what] = [width("name"), width("size"), width("what")];
  return rows.map((row) =>
    `${row.name.padEnd(name)}  ${row.size.padStart(size)}  ${row.what.padEnd(what)}  ${row.use}`.trimEnd(),
  );
}

/** The layout as a tree for people: disks, what is on them and where it is mounted; then what starts the machine, and what stays out. */
export function showLayout(layout: Layout): string {
  const drawn = new Set<string>();
  const rows = nodesOf(layout, "disk").flatMap((disk) => branch(layout, disk, 0, drawn));
  const firmware = nodesOf(layout, "firmware").map(({ mode, secureBoot }) => {
    return `Firmware: ${mode === "uefi" ? "UEFI" : "BIOS"}${secureBoot ? ", Secure Boot" : ""}`;
  });
  const loaders = nodesOf(layout, "loader").map((loader) => `Boot loader: ${[loader.type, ...loader.on].join(" ")}`);
  const left = nodesOf(layout, "left-out").map((disk) => {
    return `Not part of it: ${disk.path} (${formatBytes(disk.sizeBytes)}): ${disk.why}`;
  });
  const notes = nodesOf(layout, "note").map((note) => `Note: ${note.text}`);
  return `${[...columns(rows), ...firmware, ...loaders, ...left, ...notes].join("\n")}\n`;
}
