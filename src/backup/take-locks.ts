import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { processId } from "../host/self.ts";
import type { BackupRequest } from "./request.ts";
import { machineLock, takeLock, targetLock } from "./run-lock.ts";

/** Takes the locks of this machine and of the target. A machine whose /run can't be written to does without its own. */
export function takeLocks(host: Host, request: BackupRequest, reporter: Reporter): () => void {
  const pid = processId();
  const releases: (() => void)[] = [];
  const release = () => {
    for (const one of releases) one();
  };
  try {
    releases.push(takeLock(host, machineLock, pid, reporter));
  } catch (error) {
    if (error instanceof MondoError && error.code === "refused") throw error;
    reporter.warn(msg`${messageOf(error)}; a second backup on this machine would not be noticed`);
  }
  try {
    releases.push(takeLock(host, targetLock(request.directory, request.prefix), pid, reporter));
  } catch (error) {
    release();
    throw error;
  }
  return release;
}
