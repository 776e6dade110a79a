import { parseSwaps } from "../formats/fs/mount-tables.ts";
import type { Candidate } from "../layout/match.ts";
import type { LayoutNode } from "../layout/types.ts";
import { describeDisk, diskNode } from "./describe-disk.ts";
import { membershipsOn } from "./describe-volumes.ts";
import { type DeviceFacts, type StorageFacts, wholeDisks } from "./facts.ts";
import { foldMultipath, furtherPaths } from "./multipath.ts";
import { disksBelow, usesOf } from "./uses.ts";

function words(nodes: readonly LayoutNode[], memberships: readonly string[]): string {
  const table = nodes.find((node) => node.kind === "table");
  const parts = nodes.filter((node) => node.kind === "partition").length;
  const named = nodes.flatMap((node) => {
    if (node.kind === "filesystem") return [node.label === undefined ? node.type : `${node.type} "${node.label}"`];
    if (node.kind === "swap") return ["swap"];
    return node.kind === "unsupported" ? [node.what] : [];
  });
  const head = table
    ? `${table.scheme === "gpt" ? "GPT" : "MBR"} with ${parts} partition${parts === 1 ? "" : "s"}`
    : "";
  return (
    [head, [...named, ...memberships].join(", ")].filter((text) => text !== "").join(": ") || "nothing that is known"
  );
}

/** Identifiers of tables, file systems and swap areas. */
function identitiesFrom(nodes: readonly LayoutNode[]): string[] {
  return nodes.flatMap((node) => {
    const own = node.kind === "table" || node.kind === "filesystem" || node.kind === "swap" ? node.uuid : undefined;
    return own === undefined ? [] : [own.toLowerCase()];
  });
}

/** An array, a logical or an encrypted volume, which can be stopped while nothing uses it. */
function isStoppable(facts: StorageFacts, name: string): boolean {
  const device = facts.devices.find((one) => one.name === name);
  return /^md/.test(name) || /^(LVM|CRYPT-LUKS\d)-/.test(device?.dmUuid ?? "");
}

/** The disk, its partitions, and every device that the kernel has made of them. */
function familyOf(facts: StorageFacts, disk: DeviceFacts): DeviceFacts[] {
  return facts.devices.filter((d) => d.sizeBytes > 0 && disksBelow(facts, d).includes(disk));
}

/** Why a disk can't be written to now: something of it is mounted, swapped to or part of a running volume. */
function busyWith(facts: StorageFacts, disk: DeviceFacts): string | undefined {
  const family = familyOf(facts, disk);
  const uses = usesOf(facts, "/");
  const swaps = parseSwaps(facts.swaps);
  for (const device of family) {
    const mount = uses.find((use) => use.device === device && use.mount)?.mount;
    if (mount) return `${device.path} is mounted at ${mount.path}`;
    if (swaps.some((swap) => swap.path === device.path)) return `${device.path} is in use as swap`;
    const [fixed] = device.holders.filter((holder) => !isStoppable(facts, holder));
    if (fixed !== undefined) return `${device.path} is part of ${fixed}`;
  }
  return undefined;
}

/** The disks of this machine as possible targets, from recorded facts. */
export function candidatesFrom(read: StorageFacts): Candidate[] {
  const facts = foldMultipath(read);
  const further = furtherPaths(facts.devices);
  return wholeDisks(facts).map((device) => {
    const other = further.get(device.name);
    const busy = other === undefined ? busyWith(facts, device) : `${device.path} is another path to ${other}`;
    const [nodes, members] = [describeDisk(facts, device), membershipsOn(facts, device)];
    const table = nodes.filter((node) => node.kind === "table" || node.kind === "partition");
    const names = [...new Set(members.map((member) => member.what))];
    const volumes = familyOf(facts, device).flatMap((one) => (one.slaves.length > 0 ? [one.name] : []));
    return {
      disk: diskNode(device),
      readOnly: device.readOnly,
      ...(busy === undefined ? {} : { busy }),
      ...(volumes.length === 0 ? {} : { volumes }),
      contents: words(nodes, names),
      identities: [...identitiesFrom(nodes), ...members.map((member) => member.group.toLowerCase())],
      storageDrivers: device.drivers,
      ...(table.length === 0 ? {} : { table }),
    };
  });
}
