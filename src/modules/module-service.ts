import { MondoError } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { startThread } from "../host/threads.ts";
import type { DriverlessDevice } from "./coldplug.ts";
import type { ModuleWishes } from "./module-files.ts";
import type { LoadOutcome } from "./module-loader.ts";
import type { ModuleMessage, ModuleRequest } from "./module-thread.ts";

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
  const outcomes = new Map<string, LoadOutcome>();
  const answers = new Map<number, (message: ModuleMessage) => void>();
  let [lastMs, idle, broken, doing, nextId] = [host.nowMs(), false, false, "looking for devices", 1];

  const end = (why: string) => {
    broken = true;
    log(`the module loader ended: ${why}`);
    for (const answer of answers.values()) answer({ kind: "ended", text: why });
    answers.clear();
  };
  thread.onMessage((message) => {
    if (message.kind === "busy") {
      [lastMs, doing, idle] = [host.nowMs(), message.what, false];
    } else if (message.kind === "activity") {
      [lastMs, doing] = [host.nowMs(), message.what];
      log(`device: ${message.what}`);
    } else if (message.kind === "outcome") {
      lastMs = host.nowMs();
      const { outcome, modalias, tookMs } = message;
      const known = outcomes.get(outcome.module)?.result === outcome.result;
      outcomes.set(outcome.module, outcome);
      const why = "because" in outcome ? `: ${outcome.because}` : ` in ${tookMs} ms`;
      if (!known && outcome.result !== "present") log(`module ${outcome.module} ${outcome.result}${why} ${modalias}`);
    } else if (message.kind === "idle") idle = true;
    else if (message.kind === "trouble") log(message.text);
    else if (message.kind === "ended") end(message.text);
    else {
      answers.get(message.id)?.(message);
      answers.delete(message.id);
    }
  });
  thread.onError((error) => end(error.message));

  const ask = (request: (id: number) => ModuleRequest) =>
    new Promise<ModuleMessage>((resolve) => {
      const id = nextId;
      nextId += 1;
      answers.set(id, resolve);
      thread.post(request(id));
    });
  const load = async (module: string): Promise<LoadOutcome> => {
    if (broken) return { module, result: "failed", because: "the module loader has ended" };
    const message = await ask((id) => ({ id, do: "load", module }));
    return message.kind === "answer"
      ? message.outcome
      : { module, result: "failed", because: "the module loader has ended" };
  };

  return {
    load,
    async require(module) {
      const outcome = await load(module);
      if (!("because" in outcome)) return;
      throw new MondoError("system", `the kernel module ${module} can't be used: ${outcome.because}`);
    },
    // A driver that is probing its devices is silent, but not finished.
    quietMs: () => (idle || broken ? host.nowMs() - lastMs : 0),
    doing: () => doing,
    async settle(quietMs, limitMs) {
      const end = host.nowMs() + limitMs;
      while (host.nowMs() < end && !broken) {
        if (idle && host.nowMs() - lastMs >= quietMs) return true;
        await host.sleep(30);
      }
      return false;
    },
    async driverless() {
      if (broken) return [];
      const message = await ask((id) => ({ id, do: "report" }));
      return message.kind === "report" ? message.driverless : [];
    },
    outcomes,
  };
}
