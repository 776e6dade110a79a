import { soundLayout } from "../archive/set/manifest.ts";
import { msg } from "../base/message.ts";
import { activateVolumes } from "../run/activate.ts";
import type { ModeOutcome, RestoreContext } from "./context.ts";
import { keyGiver } from "./give-key.ts";

/** Starts the set's arrays, encrypted volumes and volume groups so that one can look around. Mounts nothing. */
export async function activateOnly(context: RestoreContext): Promise<ModeOutcome> {
  const { host, manifest, reporter } = context;
  await activateVolumes(host, soundLayout(manifest), { give: keyGiver(context) });
  reporter.step(msg`The arrays, encrypted volumes and volume groups of the backup are running; see lsblk`);
  return "done";
}
