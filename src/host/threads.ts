import { totalmem } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { msg } from "../base/message.ts";
import { commit } from "../base/program-version.ts";
import { addonDescriptors } from "./embedded-addon.ts";

/** A Worker that runs one of the jobs registered in `main.ts`, in the same executable. */
export interface Thread<In, Out> {
  post(message: In, transfer?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: Out) => void): void;
  /** Also called when the thread ends silently; means nothing after `terminate`. */
  onError(listener: (error: Error) => void): void;
  terminate(): Promise<void>;
}

/** The executable's own script; unbuilt, where a test may be the main script, `main.ts`. */
const entry = commit === "source" ? `${import.meta.dirname}/../main.ts` : Bun.main;

/** Bun 1.4.5: terminating a Worker that is dying of an error never settles, and an idle process would just end. */
function terminated(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    void worker.terminate().then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Starts the job `name` in a Worker. `data` is its start-up argument (structured clone; SharedArrayBuffers are shared).
 */
export function startThread<In, Out>(name: string, data: unknown): Thread<In, Out> {
  const worker = new Worker(entry, { workerData: { job: name, data, addons: addonDescriptors } });
  return {
    post: (message, transfer) => worker.postMessage(message, (transfer ?? []) as never),
    onMessage: (listener) => void worker.on("message", listener),
    onError: (listener) => {
      worker.on("error", listener);
      worker.on("exit", (code) => listener(new Error(msg`the thread "${name}" ended by itself (${code})`)));
    },
    terminate: () => terminated(worker),
  };
}

/** The inside of a thread: what `startThread` passed to it, and its channel back. */
export interface ThreadSide<In, Out> {
  readonly data: unknown;
  post(message: Out, transfer?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: In) => void): void;
}

/** The job this thread was started for; `undefined` in the main thread. */
export function threadJob(): string | undefined {
  return isMainThread ? undefined : (workerData as { job?: string } | undefined)?.job;
}

/** The inside of the running thread. */
export function threadSide<In, Out>(): ThreadSide<In, Out> {
  const port = parentPort;
  if (!port) throw new Error("threadSide() outside of a thread");
  return {
    data: (workerData as { data: unknown }).data,
    post: (message, transfer) => port.postMessage(message, (transfer ?? []) as never),
    onMessage: (listener) => void port.on("message", listener),
  };
}

/** Processors that this process may use. */
export function processorCount(): number {
  return Math.max(1, navigator.hardwareConcurrency);
}

/** RAM of the machine. */
export function memoryBytes(): number {
  return totalmem();
}
