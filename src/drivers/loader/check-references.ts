import type { Host } from "../../host/host.ts";
import { nodesOf } from "../../layout/types.ts";
import type { LoaderContext } from "../types.ts";
import type { GrubReferences } from "./grub-files.ts";

/** Details that every GRUB loader node carries. */
export interface GrubDetails {
  readonly directory: string;
  readonly install: string;
  readonly makeConfig: readonly string[];
  readonly references: GrubReferences;
}

/** Each UUID that the configuration names must be one that the restore made; each string is a defect. */
export function danglingReferences(context: LoaderContext): string[] {
  const { references } = context.loader.details as unknown as GrubDetails;
  const named = [...nodesOf(context.layout, "filesystem"), ...nodesOf(context.layout, "image")];
  const uuids = new Set(named.map(({ uuid }) => uuid?.toLowerCase()));
  const parts = new Set(nodesOf(context.layout, "partition").map((part) => part.uuid.toLowerCase()));
  return [
    ...references.uuids
      .filter((uuid) => !uuids.has(uuid.toLowerCase()))
      .map((uuid) => `GRUB's configuration names the file system ${uuid}, which is on none of the restored disks`),
    ...references.partitionUuids
      .filter((uuid) => !parts.has(uuid.toLowerCase()))
      .map((uuid) => `GRUB's configuration names the partition ${uuid}, which is on none of the restored disks`),
  ];
}

/** The configuration and at least one kernel were restored. */
export function missingBootFiles(host: Host, context: LoaderContext): string[] {
  const { directory } = context.loader.details as unknown as GrubDetails;
  const config = `${context.root}${directory}/grub.cfg`;
  const kernels = host
    .list(`${context.root}/boot`)
    .filter((name) => /^(vmlinu[xz]|kernel|bzImage|[0-9a-f]{32})/.test(name));
  return [
    ...(host.exists(config) ? [] : [`${directory}/grub.cfg is missing in the restored system`]),
    ...(kernels.length > 0 ? [] : ["/boot of the restored system holds no kernel"]),
  ];
}

/** Device names of the source that are others here, with their partitions; for files that name devices. */
export function renamedDevices(context: LoaderContext): Record<string, string> {
  const names: Record<string, string> = {};
  for (const node of context.layout.nodes) {
    const target = context.targets[node.id];
    if ((node.kind === "disk" || node.kind === "partition") && target !== undefined && target !== node.path) {
      names[node.path] = target;
    }
  }
  return names;
}
