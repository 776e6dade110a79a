import { msg } from "../base/message.ts";
import { nodesOf } from "../layout/types.ts";
import type { RestoreContext } from "./context.ts";

const NAMES = { bios: "BIOS", uefi: "UEFI" } as const;

/**
 * Why the set's system would not start on this machine as it was started: by the other kind of firmware. Undefined
 * where it would, or where the set has nothing that starts.
 */
export function otherFirmware({
  manifest,
  firmware,
}: Pick<RestoreContext, "manifest" | "firmware">): string | undefined {
  const mode = nodesOf(manifest.layout, "firmware")[0]?.mode;
  const starts = nodesOf(manifest.layout, "loader").some(({ type }) => type !== "none");
  if (mode === undefined || mode === firmware || !starts) return undefined;
  return msg`the backup's system starts by ${NAMES[mode]}, but this machine was started by ${NAMES[firmware]}`;
}
