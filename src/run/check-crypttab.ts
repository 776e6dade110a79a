import { parseCrypttab } from "../formats/crypttab.ts";
import type { Host } from "../host/host.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/types.ts";

/** Every way to write a device in crypttab that the restored disks answer to, in lower case. */
function knownSources(found: Layout): Set<string> {
  const known = new Set<string>();
  const add = (tag: string, value: string | undefined) => {
    if (value === undefined) return;
    known.add(`${tag}=${value}`.toLowerCase());
    known.add(`/dev/disk/by-${tag}/${value}`.toLowerCase());
  };
  for (const node of found.nodes) {
    if ("path" in node && node.kind !== "mount") known.add(node.path.toLowerCase());
    if (node.kind === "luks") {
      add("uuid", node.uuid);
      add("label", node.label);
    }
    if (node.kind === "partition") {
      add("partuuid", node.uuid);
      add("partlabel", node.name);
    }
  }
  return known;
}

/** What of the restored crypttab, for volumes of the set, names a device that the restored disks do not have. Each string is a defect. */
export function danglingCrypttab(host: Host, layout: Layout, plan: Plan, found: Layout): string[] {
  const names = new Set(nodesOf(layout, "luks").map((luks) => luks.name));
  const known = knownSources(found);
  return parseCrypttab(host.tryReadText(`${plan.root}/etc/crypttab`) ?? "")
    .filter((entry) => names.has(entry.name))
    .filter(({ source }) => !/^ID=|^\/dev\/disk\/by-(id|path)\//.test(source))
    .filter(({ source }) => !known.has(source.replaceAll('"', "").toLowerCase()))
    .map(({ name, source }) => `/etc/crypttab names ${source} for ${name}, which is on none of the restored disks`);
}
