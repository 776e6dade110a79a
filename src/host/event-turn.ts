/** One turn of the event loop: within long work, signals, keys and timers get theirs. */
export const eventTurn = (): Promise<void> => Bun.sleep(0);
