import type { Host } from "../../src/host/host.ts";

interface Alarm {
  atMs: number;
  readonly ring: (alarm: Alarm) => void;
}

/** Time that stands still but for `sleep`, which moves it, rings what is due on the way, and returns at once. */
export function fakeClock(): Pick<Host, "nowMs" | "sleep" | "after" | "every"> {
  let now = 1_000_000;
  const alarms = new Set<Alarm>();
  const firstDue = (end: number) => [...alarms].filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
  const set = (ms: number, ring: Alarm["ring"]) => {
    const alarm = { atMs: now + ms, ring };
    alarms.add(alarm);
    return () => void alarms.delete(alarm);
  };
  return {
    nowMs: () => now,
    async sleep(ms) {
      const end = now + ms;
      for (let due = firstDue(end); due; due = firstDue(end)) {
        now = due.atMs;
        due.ring(due);
      }
      now = end;
    },
    after: (ms, work) =>
      set(ms, (alarm) => {
        alarms.delete(alarm);
        work();
      }),
    every: (ms, work) =>
      set(ms, (alarm) => {
        alarm.atMs += ms;
        work();
      }),
  };
}
