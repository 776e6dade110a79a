import { compareWork } from "./archive/compare/compare-entry.ts";
import { readBackWork } from "./archive/compare/read-back.ts";
import { unpackWork } from "./archive/extract/unpack.ts";
import { serveTasks } from "./archive/pool.ts";
import { packWork } from "./archive/save/pack.ts";
import { tapeWork } from "./archive/tape/tape-thread.ts";
import { checkWork } from "./archive/verify/check-frame.ts";
import { msg } from "./base/message.ts";
import { runModuleThread } from "./modules/module-thread.ts";

/** Jobs that run in Workers of the same executable, by the name that `startThread` gives. */
const jobs: Readonly<Record<string, () => void>> = {
  "archive-pack": () => serveTasks(packWork),
  "archive-check": () => serveTasks(checkWork),
  "archive-compare": () => serveTasks(compareWork),
  "archive-read-back": () => serveTasks(readBackWork),
  "archive-unpack": () => serveTasks(unpackWork),
  "archive-tape": () => serveTasks(tapeWork),
  "init-modules": runModuleThread,
};

/** Runs the job inside this thread. */
export function runThreadJob(name: string): void {
  const job = jobs[name];
  if (!job) throw new Error(msg`no thread job "${name}"`);
  job();
}
