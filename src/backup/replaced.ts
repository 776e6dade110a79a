/** What an ISO that is about to be replaced is still needed for. */
import { dateText } from "../archive/set/chain.ts";
import { manifestIn } from "../archive/set/iso-medium.ts";
import { MondoError } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { type BackupRequest, isoPathOf } from "./request.ts";
import type { Parent } from "./set-store.ts";

/** Refuses to replace an ISO on which the new backup builds; names those beside it that build on it and will be of no use alone. */
export function checkReplaced(host: Host, request: BackupRequest, parent: Parent | undefined): string[] {
  const iso = isoPathOf(request);
  const old = manifestIn(host, iso);
  if (!old) return [];
  const isOld = ({ set }: { readonly set: string }) => set === old.set;
  if (parent?.chain.some(isOld)) {
    throw new MondoError(
      "refused",
      `${iso} is a backup on which the new one would build, and would be replaced by it`,
      {
        hint: "Give another prefix with -p, or another directory with -d.",
      },
    );
  }
  return host.list(request.directory).flatMap((name) => {
    const later = name.endsWith("-1.iso") ? manifestIn(host, `${request.directory}/${name}`) : undefined;
    if (!later?.parents?.some(isOld)) return [];
    return [
      `${name} (level ${later.level}) builds on the backup of ${dateText(old.created)} that ${iso} holds until now: keep a copy to restore that`,
    ];
  });
}
