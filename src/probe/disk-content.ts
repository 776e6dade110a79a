import { msg, told } from "../base/message.ts";
import type { LayoutNode } from "../layout/types.ts";
import { contentOfDevice } from "./describe-content.ts";
import { describeDisk } from "./describe-disk.ts";
import { membershipsOn } from "./describe-volumes.ts";
import type { DeviceFacts, StorageFacts } from "./facts.ts";

/** What lies on a disk, volumes that it is a part of included. */
export interface DiskContent {
  /** For people: `GPT with 3 partitions: ext4 "root", swap`. */
  readonly words: string;
  /** Identifiers of tables, file systems, swap areas and volumes, in lower case. */
  readonly identities: readonly string[];
  /** Something on it has no identifier, or is nothing that a decoder knows. */
  readonly unidentified: boolean;
  /** Its table and partitions. */
  readonly table: readonly Extract<LayoutNode, { kind: "table" | "partition" }>[];
}

const isTable = (node: LayoutNode): node is DiskContent["table"][number] =>
  node.kind === "table" || node.kind === "partition";

function nameOf(node: LayoutNode): string[] {
  if (node.kind === "filesystem") return [node.label === undefined ? node.type : `${node.type} "${node.label}"`];
  if (node.kind === "swap") return ["swap"];
  if (node.kind === "physical-volume") return [msg`a physical volume of LVM in no group`];
  return node.kind === "unsupported" ? [told(node.what)] : [];
}

function tableWords(nodes: readonly LayoutNode[]): string {
  const table = nodes.find((node) => node.kind === "table");
  const parts = nodes.filter((node) => node.kind === "partition").length;
  if (!table) return "";
  return msg`${table.scheme === "gpt" ? "GPT" : "MBR"} with ${parts} partition${parts === 1 ? "" : "s"}`;
}

/** Bytes other than zero on a disk that nothing was recognised on; a table without partitions is recognised. */
function isWritten(facts: StorageFacts, disk: DeviceFacts): boolean {
  const { kind } = contentOfDevice(facts, disk);
  // Zeros at the end of a reading are not kept.
  return kind === "unknown" || (kind === "nothing" && disk.reads.some(({ base64 }) => base64 !== ""));
}

/** Identifiers of what can't be made again, by the device that it lies on. */
function foreignIds(facts: StorageFacts, disk: DeviceFacts): ReadonlyMap<string, string> {
  const devices = facts.devices.filter((device) => device === disk || device.parent === disk.name);
  return new Map(
    devices.flatMap((device): [string, string][] => {
      const content = contentOfDevice(facts, device);
      return content.kind === "foreign" && content.uuid !== undefined ? [[device.path, content.uuid]] : [];
    }),
  );
}

/** What lies on a disk, from recorded facts. */
export function diskContent(facts: StorageFacts, disk: DeviceFacts): DiskContent {
  const [nodes, members] = [describeDisk(facts, disk), membershipsOn(facts, disk)];
  const contents = nodes.filter((node) => node.kind === "filesystem" || node.kind === "swap");
  const kinds = ["table", "filesystem", "swap", "physical-volume"];
  const ids = nodes.flatMap((node) => (kinds.includes(node.kind) && "uuid" in node ? [node.uuid ?? ""] : []));
  const foreign = foreignIds(facts, disk);
  const names = [...nodes.flatMap(nameOf), ...new Set(members.map(({ what }) => told(what)))];
  const unidentified =
    nodes.some((node) => node.kind === "unsupported" && !foreign.has(node.path)) ||
    contents.some(({ uuid }) => uuid === undefined || uuid === "") ||
    isWritten(facts, disk);
  const all = [...ids, ...members.map(({ group }) => group), ...foreign.values()];
  const known = [tableWords(nodes), names.join(", ")].filter((text) => text !== "").join(": ");
  return {
    words: known || (unidentified ? msg`something that this version doesn't know` : msg`nothing that is known`),
    identities: all.filter((id) => id !== "").map((id) => id.toLowerCase()),
    unidentified,
    table: nodes.filter(isTable),
  };
}
