import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { keptEntries } from "../layout/keep/kept-entries.ts";
import type { Plan } from "../plan/restore-plan.ts";
import type { RestoreContext } from "./context.ts";
import { restoreOntoDisks } from "./files/restore-files.ts";
import { requireOnDisksOf } from "./mount-system.ts";

/**
 * Restores the set's files into those file systems on kept disks that are to have them, by the rules for single files:
 * what exists is replaced, and nothing is removed. All else is restored by now; what goes wrong here is returned, in
 * sentences.
 */
export async function bringKeptFiles(context: RestoreContext, { kept, disks }: Plan): Promise<readonly string[]> {
  const files = kept?.files ?? [];
  if (!kept || files.length === 0) return [];
  const { host, manifest, reporter } = context;
  const where = files.join(", ");
  reporter.step(msg`Restoring the backup's files into ${where}, which was kept`);
  const isTheirs = keptEntries(manifest.layout, { mounts: files, images: [] });
  const requirePlace = requireOnDisksOf(host, { disks: [...disks, ...kept.disks] });
  try {
    const isWhole = await restoreOntoDisks(context, ({ path }) => isTheirs(path), requirePlace);
    return isWhole ? [] : [msg`Some files in ${where}, which was kept, are not as in the backup: the log names them`];
  } catch (error) {
    return [
      msg`The files in ${where}, which was kept, are not brought to the state of the backup: ${messageOf(error)}`,
    ];
  }
}
