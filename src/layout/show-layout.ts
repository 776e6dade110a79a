import { msg, told } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { formatBytes } from "../base/units.ts";
import { hiddenWords } from "./hidden-places.ts";
import type { TreeLine } from "./kinds/kind-row.ts";
import { kindOf } from "./kinds.ts";
import { nodesOn } from "./nodes-on.ts";
import type { Layout, LayoutNode, NodeId } from "./types.ts";
import { nodesOf } from "./types.ts";
import { unsavedWords } from "./unsaved-words.ts";

/** One line of the tree. */
interface Row {
  readonly name: string;
  readonly size: string;
  readonly what: string;
  readonly use: string;
}

/** What lies directly on a device, as words of its line. */
function contentWords(layout: Layout, id: NodeId): Pick<Row, "what" | "use"> {
  const words = nodesOn(layout, id).flatMap((child) => kindOf(child).words?.(child, nodesOn(layout, child.id)) ?? []);
  return {
    what: words.flatMap(({ what }) => what).join(", "),
    use: words.flatMap(({ use = [] }) => use).join(", "),
  };
}

function rowOf(layout: Layout, node: LayoutNode, line: TreeLine): Row {
  const { what, use } = contentWords(layout, node.id);
  const size = line.sizeBytes === undefined ? "" : formatBytes(line.sizeBytes);
  return { name: line.name, size, what: [line.what, what].filter((word) => word !== "").join(", "), use };
}

/** Nodes with a line of their own that lie on a node, those of a table's partitions included. */
function linesBelow(layout: Layout, id: NodeId): LayoutNode[] {
  return nodesOn(layout, id).flatMap((child) => {
    const { line, role } = kindOf(child);
    if (role === "table") return linesBelow(layout, child.id);
    return line ? [child] : [];
  });
}

/** The tree below a node; a volume is drawn below its first member only, and named below the others. */
function branch(layout: Layout, node: LayoutNode, depth: number, drawn: Set<NodeId>): Row[] {
  const line = kindOf(node).line?.(node);
  if (!line) return [];
  const name = `${"  ".repeat(depth)}${line.name}`;
  if (drawn.has(node.id)) return [{ name, size: "", what: msg`(see above)`, use: "" }];
  drawn.add(node.id);
  const below = linesBelow(layout, node.id).flatMap((child) => branch(layout, child, depth + 1, drawn));
  return [{ ...rowOf(layout, node, line), name }, ...below];
}

function columns(rows: readonly Row[]): string[] {
  const width = (key: keyof Row) => Math.max(0, ...rows.map((row) => row[key].length));
  const [name, size, what] = [width("name"), width("size"), width("what")];
  return rows.map((row) =>
    `${row.name.padEnd(name)}  ${row.size.padStart(size)}  ${row.what.padEnd(what)}  ${row.use}`.trimEnd(),
  );
}

/** Without identifiers, which would take the columns in which a screen shows where all of it is mounted. */
const shortened = (row: Row): Row => ({
  ...row,
  what: row.what.replace(/ UUID=[^\s,]+/g, "").replace(/\b(GPT|MBR) [0-9A-Fa-f][^\s,]*/g, "$1"),
});

/**
 * The layout as a tree for people: disks, what is on them and where it is mounted; then what starts the machine, and
 * what stays out. `brief`: without UUIDs.
 */
export function showLayout(layout: Layout, how: "whole" | "brief" = "whole"): string {
  const drawn = new Set<NodeId>();
  const whole = nodesOf(layout, "disk").flatMap((disk) => branch(layout, disk, 0, drawn));
  const rows = how === "brief" ? whole.map(shortened) : whole;
  const firmware = nodesOf(layout, "firmware").map(({ mode, secureBoot }) => {
    return msg`Firmware: ${mode === "uefi" ? "UEFI" : "BIOS"}${secureBoot ? ", Secure Boot" : ""}`;
  });
  const loaders = nodesOf(layout, "loader").map((loader) => msg`Boot loader: ${[loader.type, ...loader.on].join(" ")}`);
  const left = nodesOf(layout, "left-out").map((disk) => {
    return msg`Not part of it: ${disk.path} (${formatBytes(disk.sizeBytes)}): ${told(disk.why)}`;
  });
  const unsaved = nodesOf(layout, "unsaved").map((node) => msg`Not saved: ${node.path} ${unsavedWords(node)}`);
  const hidden = nodesOf(layout, "hidden").map((node) => msg`Below a mount: ${node.path} ${hiddenWords(node)}`);
  const notes = nodesOf(layout, "note").map((note) => msg`Note: ${told(note.text)}`);
  const lines = [...columns(rows), ...firmware, ...loaders, ...left, ...unsaved, ...hidden, ...notes];
  return `${lines.map((line) => printable(line, "")).join("\n")}\n`;
}
