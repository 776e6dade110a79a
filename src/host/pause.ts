/** Waits, in ms. */

/** Holds this thread up: for Workers. */
export const pauseThread = (ms: number): void => Bun.sleepSync(ms);

/** Lets all else go on. */
export const pause = (ms: number): Promise<void> => Bun.sleep(ms);
