/** How a run ends that fails: in a sentence, and with nothing of it left. */
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest, WorkPlaces } from "./request.ts";

/**
 * A failure of a call below target or scratch directory as what it means for the backups there; any other one, and one
 * with a hint, as it is.
 */
export function explainTarget(
  error: unknown,
  { directory: target, scratch = target }: Pick<BackupRequest, "directory" | "scratch">,
): unknown {
  if (!(error instanceof MondoError) || error.hint !== undefined) return error;
  const path = String(error.data.path);
  const directory = [target, scratch].find((place) => path.startsWith(`${place}/`));
  if (directory === undefined) return error;
  const isFull = error.code === "no-space";
  return new MondoError(error.code, msg`the backup can't be written to ${directory}: ${error.message}`, {
    hint: isFull
      ? msg`Make room there, or let fewer backups stay (--keep). Earlier ones are as they were.`
      : msg`Look after the disk or share that it lies on (dmesg says more), or name another one. Earlier backups are as they were.`,
    data: error.data,
    cause: error,
  });
}

/** Removes what a run works in. What can't be removed is said: it is no reason to fail, nor to hide one. */
export function clearUp(
  host: Pick<Host, "remove">,
  { scratch, images, boot }: Pick<WorkPlaces, "scratch" | "images" | "boot">,
  reporter: Reporter,
): void {
  for (const path of new Set([scratch, images, boot])) {
    try {
      host.remove(path);
    } catch (error) {
      reporter.warn(msg`${path} stays until the next backup removes it: ${messageOf(error)}`);
    }
  }
}
