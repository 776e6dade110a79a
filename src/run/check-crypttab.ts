import { msg } from "../base/message.ts";
import { parseCrypttab } from "../formats/storage/crypttab.ts";
import type { Host } from "../host/host.ts";
import { knownSpecs, specChecker } from "../layout/device-specs.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/restore-plan.ts";

/** Defects: lines of the restored crypttab, for volumes of the set, whose device is not on the restored disks. */
export function danglingCrypttab(host: Host, layout: Layout, plan: Plan, found: Layout): string[] {
  const names = new Set(nodesOf(layout, "luks").map((luks) => luks.name));
  const leads = specChecker(layout, knownSpecs(found), plan.names ?? {});
  return parseCrypttab(host.tryReadText(`${plan.root}/etc/crypttab`) ?? "")
    .filter((entry) => names.has(entry.name))
    .filter(({ source }) => !leads(source))
    .map(({ name, source }) => msg`/etc/crypttab names ${source} for ${name}, which is on none of the restored disks`);
}
