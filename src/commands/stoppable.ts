import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { onInterrupt } from "../host/standard-streams.ts";

/** Why work was stopped by a signal, as the reading commands say it. */
export const interruptionOf =
  (what: string) =>
  (signal: string): MondoError =>
    new MondoError("cancelled", msg`${what} was interrupted (${signal})`, {
      hint: msg`Start it again.`,
      data: { signal },
    });

/** What else a signal may mean. */
interface Signals {
  /** Called when the terminal goes away, which then doesn't end the work. Default: it does. */
  readonly onHangUp?: () => void;
}

/** Runs work that Ctrl-C (or TERM, HUP) ends in order; `explain` makes the error that is thrown then. */
export async function stoppable<T>(
  explain: (signal: string) => MondoError,
  work: (signal: AbortSignal) => Promise<T>,
  { onHangUp }: Signals = {},
): Promise<T> {
  const controller = new AbortController();
  const release = onInterrupt((name) => {
    if (name === "SIGHUP" && onHangUp) onHangUp();
    else controller.abort(explain(name));
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    // However deep it was stopped, and whatever that broke on the way: this is why.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    release();
  }
}
