import * as v from "valibot";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { record, word } from "./kinds/field-schemas.ts";
import { DEVICES, type KindRow } from "./kinds/kind-row.ts";
import { kindOf, kinds } from "./kinds.ts";
import type { Layout, LayoutNode, NodeId } from "./types.ts";

/** Far beyond every machine; plans look at nodes for each node. */
const MOST_NODES = 20_000;

/** `data.what` is the sentence without its beginning. */
export function damagedLayout(what: string): MondoError {
  return new MondoError("damaged", msg`its layout can't be used: ${what}`, { data: { what } });
}

// An object takes a property of this name for what it inherits from: no record could be kept by it.
const head = v.looseObject({ kind: v.string(msg`must be text`), id: v.pipe(word, v.notValue("__proto__")) });
const whole = v.looseObject({ version: v.literal(1), nodes: v.array(v.unknown()) });

type Schema = v.GenericSchema<unknown, unknown>;
const schemas = new WeakMap<KindRow<LayoutNode>, Schema>();

function schemaOf(row: KindRow<LayoutNode>): Schema {
  const known = schemas.get(row) ?? record(row.fields as v.ObjectEntries);
  schemas.set(row, known);
  return known;
}

/** Where in a node a value is wrong, and what is wrong with it. */
function issueWords(issue: v.BaseIssue<unknown> | undefined): string {
  const where = issue && v.getDotPath(issue);
  return [where, issue?.message ?? msg`is invalid`].filter((words) => typeof words === "string").join(" ");
}

/**
 * The value as a node whose every known field is as its kind's row says. Fields that this version doesn't know pass.
 */
function decodeNode(value: unknown, index: number): LayoutNode {
  const named = v.safeParse(head, value);
  if (!named.success) throw damagedLayout(msg`node ${index} has no kind and id as text`);
  const { kind, id } = named.output;
  const row = Object.hasOwn(kinds, kind) ? kinds[kind as LayoutNode["kind"]] : undefined;
  if (!row) throw damagedLayout(msg`${id} is of the kind ${JSON.stringify(kind)}, which this version doesn't know`);
  const result = v.safeParse(schemaOf(row as unknown as KindRow<LayoutNode>), value, { abortEarly: true });
  if (!result.success) throw damagedLayout(`${id}: ${issueWords(result.issues[0])}`);
  return value as LayoutNode;
}

/** Looks what a node lies on, which stands before it: nothing can lie on itself, over whatever detours. */
function checkLower(node: LayoutNode, id: NodeId, before: ReadonlyMap<NodeId, LayoutNode>): void {
  const { role, lowerRoles = DEVICES } = kindOf(node);
  const lower = before.get(id);
  if (!lower) throw damagedLayout(msg`${node.id} lies on ${id}, which doesn't stand before it`);
  const { role: below, noun, takesTable } = kindOf(lower);
  const fits = lowerRoles.includes(below) && (role !== "table" || takesTable);
  if (!fits) throw damagedLayout(msg`${node.id} can't lie on ${id}, which is a ${noun}`);
}

/** The nodes that a node takes as a whole. A use leaves room for others, and so does a volume that lies on a group. */
function takenBy(node: LayoutNode): readonly NodeId[] {
  const { role, on, madeOf, lowerRoles = DEVICES } = kindOf(node);
  if (role === "use" || role === "machine" || !lowerRoles.includes("disk")) return [];
  const below = on?.(node);
  return [...(below === undefined ? [] : [below]), ...(madeOf?.(node) ?? [])];
}

/** What nothing refers to. Notes of early versions share ids where one sentence is about two devices. */
const isBeside = (node: LayoutNode) => kindOf(node).role === "machine";

/** Every reference leads to a node that it can lead to, and no device holds two things. */
function checkGraph(nodes: readonly LayoutNode[]): void {
  const before = new Map<NodeId, LayoutNode>();
  const taken = new Map<NodeId, NodeId>();
  for (const node of nodes) {
    const { on, madeOf, defect } = kindOf(node);
    const namesake = before.get(node.id);
    if (namesake && !(isBeside(node) && isBeside(namesake))) throw damagedLayout(msg`${node.id} stands in it twice`);
    const below = isBeside(node) ? undefined : on?.(node);
    for (const id of [...(below === undefined ? [] : [below]), ...(madeOf?.(node) ?? [])]) checkLower(node, id, before);
    for (const id of takenBy(node)) {
      const other = taken.get(id);
      if (other !== undefined) throw damagedLayout(msg`${other} and ${node.id} both lie on ${id}`);
      taken.set(id, node.id);
    }
    const wrong = defect?.(node, (id) => before.get(id));
    if (wrong !== undefined) throw damagedLayout(`${node.id}: ${wrong}`);
    before.set(node.id, node);
  }
  for (const node of nodes) {
    const lost = kindOf(node)
      .mentions?.(node)
      .find((id) => !before.has(id));
    if (lost !== undefined) throw damagedLayout(msg`${node.id} names ${lost}, which isn't in it`);
  }
}

/**
 * The layout that a value is, unchanged; throws `damaged`, naming the node and the field, when it isn't one. Every node
 * is as its kind's row says, ids are unique as far as anything refers to them, references lead to earlier nodes of a
 * kind that fits, and no device holds two things. Kinds that this version doesn't know are refused; additional fields
 * are not.
 */
export function decodeLayout(value: unknown): Layout {
  const result = v.safeParse(whole, value);
  if (!result.success) throw damagedLayout(msg`it is not a list of nodes of version 1`);
  const { nodes } = result.output;
  if (nodes.length > MOST_NODES) throw damagedLayout(msg`it has ${nodes.length} nodes, and ${MOST_NODES} are possible`);
  checkGraph(nodes.map(decodeNode));
  return value as Layout;
}
