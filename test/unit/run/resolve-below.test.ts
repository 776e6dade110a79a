import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveBelow, resolveParentBelow } from "../../../src/run/resolve-below.ts";

const root = "/mnt/restore";
const links: Readonly<Record<string, string>> = {
  "/mnt/restore/etc": "/opt/etc",
  "/mnt/restore/up": "../../../../..",
  "/mnt/restore/a/near": "../b/./c",
  "/mnt/restore/opt/etc/fstab": "/up/x/fstab",
  "/mnt/restore/loop": "/loop2",
  "/mnt/restore/loop2": "loop",
};
const host = { readLink: (path: string) => links[path] };

test("resolveBelow() follows links as the restored system would, and never out of it", () => {
  const cases = {
    "/mnt/restore": "/mnt/restore",
    "/mnt/restore/x/y": "/mnt/restore/x/y",
    "/mnt/restore/etc/crypttab": "/mnt/restore/opt/etc/crypttab",
    "/mnt/restore/up/dev/sdb": "/mnt/restore/dev/sdb",
    "/mnt/restore/a/near/f": "/mnt/restore/b/c/f",
    "/mnt/restore/etc/fstab": "/mnt/restore/x/fstab",
    "/mnt/restore//etc/./../etc": "/mnt/restore/opt/etc",
  };
  for (const [path, place] of Object.entries(cases)) assert.is(resolveBelow(host, root, path), place, path);
});

test("resolveBelow() leaves paths elsewhere alone, and gives up on a circle", () => {
  for (const path of ["/run/mondo/x", "/mnt/restore/../x", "/mnt/restored"]) {
    assert.is(resolveBelow(host, root, path), path);
  }
  assert.throws(() => resolveBelow(host, root, "/mnt/restore/loop/x"), /too many symbolic links/);
});

test("resolveParentBelow() keeps the last name, link or not", () => {
  assert.is(resolveParentBelow(host, root, "/mnt/restore/etc/fstab"), "/mnt/restore/opt/etc/fstab");
  assert.is(resolveParentBelow(host, root, "/mnt/restore/etc"), "/mnt/restore/etc");
  assert.is(resolveParentBelow(host, root, "/mnt/restore"), "/mnt/restore");
  assert.is(resolveParentBelow(host, root, "/run/mondo/x"), "/run/mondo/x");
});

test.run();
