import { activateVolumes } from "../run/activate.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { keyGiver } from "./give-key.ts";

/**
 * Starts the set's arrays, encrypted volumes and groups on this machine's disks, to look around; mounts and changes
 * nothing.
 */
export async function activateOnly(context: RestoreContext): Promise<ModeOutcome> {
  const { host, manifest, reporter } = context;
  await activateVolumes(host, manifest.layout, { give: keyGiver(context) });
  reporter.step("Arrays, encrypted volumes and volume groups of the set are started; see lsblk");
  return "done";
}
