/** What happens to this process: signals, errors that nobody caught, the end of its parent. */

const PARENT_MS = 2000;

/** Calls `work` for each signal of that name; the returned function undoes that. */
export function onSignal(name: NodeJS.Signals, work: () => void): () => void {
  process.on(name, work);
  return () => void process.off(name, work);
}

/** Takes rejections that nobody awaits: they no longer end the process. */
export function onUnhandledRejection(report: (error: unknown) => void): void {
  process.on("unhandledRejection", report);
}

/** Takes exceptions that nobody caught: they no longer end the process. */
export function onUncaughtException(report: (error: Error) => void): void {
  process.on("uncaughtException", report);
}

/** Rejected with the first error that nobody caught, which then no longer ends the process with a trace. */
export function firstUncaught(): Promise<never> {
  return new Promise((_, reject) => {
    onUnhandledRejection(reject);
    onUncaughtException(reject);
  });
}

/** Calls `leave` and ends this process within two seconds of the end of its parent. Does not keep the process alive. */
export function endWithParent(leave: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    leave();
    process.exit(1);
  }, PARENT_MS);
  timer.unref();
}
