import type { Host } from "../../src/host/host.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { RESOLVER_PATH } from "../../src/network/resolver.ts";

/** This machine, but for an /etc/resolv.conf of the test's own, which begins empty; `resolver` tells what it holds. */
export function hostWithOwnResolver(): { readonly host: Host; readonly resolver: () => string } {
  const real = linuxHost();
  let text = "";
  const host: Host = {
    ...real,
    tryReadText: (path) => (path === RESOLVER_PATH ? text : real.tryReadText(path)),
    write(path, data, ...more) {
      if (path === RESOLVER_PATH) text = String(data);
      else real.write(path, data, ...more);
    },
  };
  return { host, resolver: () => text };
}
