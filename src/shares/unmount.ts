import type { Host } from "../host/host.ts";

/** Takes down what is mounted there, even when its server doesn't answer; no error when nothing is. */
export function unmountAt(host: Host, target: string): void {
  const isMounted = () => (host.tryReadText("/proc/self/mountinfo") ?? "").includes(` ${target} `);
  for (let count = 0; count < 4 && isMounted(); count += 1) host.unmount(target, { lazy: true });
}
