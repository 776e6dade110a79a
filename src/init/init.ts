import { msg } from "../base/message.ts";
import { linuxHost } from "../host/linux.ts";
import { processId } from "../host/self.ts";
import { writeError } from "../host/standard-streams.ts";
import { runPid1 } from "./pid1/pid1.ts";
import { WORKER_ROLE } from "./pid1/worker-process.ts";
import type { ModeRunners } from "./run-modes.ts";
import { runWorker } from "./worker.ts";

/**
 * `/init`: PID 1 of the rescue system, or the worker that PID 1 starts. On a running machine it only complains, with
 * exit status 2.
 */
export async function runInit(runners: ModeRunners = {}): Promise<number> {
  const host = linuxHost();
  if (processId() === 1) return runPid1(host);
  if (host.env[WORKER_ROLE] === "worker") return runWorker(host, runners);
  writeError(msg`init: this is the first process of the rescue system; it does nothing on a running machine\n`);
  return 2;
}
