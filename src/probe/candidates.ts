import { parseMountinfo, parseSwaps } from "../formats/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { Candidate } from "../layout/match.ts";
import type { LayoutNode } from "../layout/types.ts";
import { describeDisk, diskNode } from "./describe-disk.ts";
import type { DeviceFacts, Facts } from "./facts.ts";
import { readFacts } from "./read-facts.ts";

function words(nodes: readonly LayoutNode[]): string {
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
  return [head, named.join(", ")].filter((text) => text !== "").join(": ") || "nothing that is known";
}

/** Why a disk can't be written to now: something of it is mounted, swapped to or part of a running volume. */
function busyWith(facts: Facts, disk: DeviceFacts): string | undefined {
  const family = facts.devices.filter((d) => d.name === disk.name || d.parent === disk.name);
  const mounts = parseMountinfo(facts.mountinfo);
  const swaps = parseSwaps(facts.swaps);
  for (const device of family) {
    const mount = mounts.find((line) => line.devno === device.devno);
    if (mount) return `${device.path} is mounted at ${mount.path}`;
    if (swaps.some((swap) => swap.path === device.path)) return `${device.path} is in use as swap`;
    if (device.holders.length > 0) return `${device.path} is part of ${device.holders.join(", ")}`;
  }
  return undefined;
}

/** The disks of this machine as possible targets, from recorded facts. */
export function candidatesFrom(facts: Facts): Candidate[] {
  return facts.devices
    .filter((device) => device.parent === undefined && device.slaves.length === 0 && device.sizeBytes > 0)
    .map((device) => {
      const busy = busyWith(facts, device);
      return {
        disk: diskNode(device),
        readOnly: device.readOnly,
        ...(busy === undefined ? {} : { busy }),
        contents: words(describeDisk(facts, device)),
        storageDrivers: device.drivers,
      };
    });
}

/** Looks at the disks of this machine. Changes nothing. */
export async function probeCandidates(host: Host, options: { readonly loops?: boolean } = {}): Promise<Candidate[]> {
  return candidatesFrom(await readFacts(host, "/", options));
}
