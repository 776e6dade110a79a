import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { startThread } from "../host/threads.ts";
import type { DriverlessDevice } from "./coldplug.ts";
import type { ModuleWishes } from "./module-files.ts";
import type { LoadOutcome } from "./module-loader.ts";
import { ModuleProgress } from "./module-progress.ts";
import type { ModuleMessage, ModuleQuestion, ModuleRequest } from "./module-thread.ts";

/** Loads the drivers of this machine in the background, as long as devices appear. */
export interface ModuleService {
  /** Loads a module by name, in its turn. */
  load(module: string): Promise<LoadOutcome>;
  /** Loads by name; a `system` error when it can't be loaded and isn't built in. */
  require(module: string): Promise<void>;
  /** ms since a device appeared or a driver was loaded; 0 while one is being loaded. */
  quietMs(): number;
  /** What is being done now, for a person who waits. */
  doing(): string;
  /**
   * Waits until all devices have been looked at and nothing has happened for `quietMs`. False: it gave up after
   * `limitMs`.
   */
  settle(quietMs: number, limitMs: number): Promise<boolean>;
  driverless(): Promise<readonly DriverlessDevice[]>;
  readonly outcomes: ReadonlyMap<string, LoadOutcome>;
}

/** Starts the thread job `init-modules`. */
export function startModuleService(host: Host, wishes: ModuleWishes, log: (text: string) => void): ModuleService {
  const thread = startThread<ModuleRequest, ModuleMessage>("init-modules", wishes);
  const progress = new ModuleProgress(host, log);
  const answers = new Map<number, (message: ModuleMessage) => void>();
  let lastId = 0;

  const answerAll = (message: ModuleMessage) => {
    for (const answer of answers.values()) answer(message);
    answers.clear();
  };
  thread.onMessage((message) => {
    progress.take(message);
    if (message.kind === "ended") answerAll(message);
    if (message.kind !== "answer" && message.kind !== "report") return;
    answers.get(message.id)?.(message);
    answers.delete(message.id);
  });
  thread.onError((error) => {
    progress.end(error.message);
    answerAll({ kind: "ended", text: error.message });
  });

  /** The answer; `ended` when there will be none. */
  const ask = (question: ModuleQuestion): Promise<ModuleMessage> => {
    if (progress.hasEnded) return Promise.resolve({ kind: "ended", text: "" });
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      answers.set(id, resolve);
      thread.post({ id, ...question });
    });
  };
  const load = async (module: string): Promise<LoadOutcome> => {
    const message = await ask({ do: "load", module });
    if (message.kind === "answer") return message.outcome;
    return { module, result: "failed", because: msg`the module loader has ended` };
  };

  return {
    load,
    async require(module) {
      const outcome = await load(module);
      if (!("because" in outcome)) return;
      throw new MondoError("system", msg`the kernel module ${module} can't be used: ${outcome.because}`);
    },
    quietMs: () => progress.quietMs,
    doing: () => progress.doing,
    settle: (quietMs, limitMs) => progress.settle(quietMs, limitMs),
    async driverless() {
      const message = await ask({ do: "report" });
      return message.kind === "report" ? message.driverless : [];
    },
    outcomes: progress.outcomes,
  };
}
