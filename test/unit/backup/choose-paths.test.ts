import { test } from "uvu";
import * as assert from "uvu/assert";
import { choosePaths } from "../../../src/backup/choose-paths.ts";
import type { BackupRequest } from "../../../src/backup/request.ts";
import { fakeHost } from "../../support/fake-host.ts";

const host = fakeHost({
  files: {
    "/tree/data/home/joe/thesis": "x",
    "/tree/data/home/joe/cache/junk": "x",
    "/tree/etc/hosts": "x",
    "/etc/outside": "x",
  },
  links: {
    "/tree/home": "/data/home",
    "/tree/deep": "home/joe",
    "/tree/hosts": "etc/hosts",
    "/tree/nowhere": "/no/such",
    "/tree/out": "../../../etc",
    "/tree/loop": "loop",
  },
});

function choose(include: string[], exclude: string[] = []) {
  const named: Pick<BackupRequest, "root" | "include" | "exclude"> = { root: "/tree", include, exclude };
  return choosePaths(host, named);
}

test("choosePaths() saves the real path of an include, and the links on the way to it", () => {
  const real = "/data/home/joe";
  const joe = choose(["/home/joe"]);
  assert.equal(joe.include, ["/home", real]);
  assert.equal(joe.notes, [`-I /home/joe leads to ${real} by a symbolic link`]);
  assert.equal(choose(["/home"]).include, ["/home", "/data/home"]);
  assert.equal(choose(["/deep"]).include, ["/deep", real]);
  assert.equal(choose(["/hosts"]).include, ["/hosts", "/etc/hosts"]);
  assert.equal(choose([real]), { include: [real], exclude: [], notes: [] });
  assert.equal(choose(["/"]), { include: ["/"], exclude: [], notes: [] });
});

test("choosePaths() never leads out of the root", () => {
  assert.equal(choose(["/out"]).include, ["/out", "/etc"]);
  assert.throws(() => choose(["/out/outside"]), /-I \/out\/outside does not exist/);
});

test("choosePaths() takes a link that leads nowhere as it is, and refuses what isn't there", () => {
  const dangling = choose(["/nowhere", "/loop"]);
  assert.equal(dangling.include, ["/nowhere", "/loop"]);
  assert.equal(
    dangling.notes,
    ["/nowhere", "/loop"].map(
      (path) => `-I ${path} leads to nothing below /tree by a symbolic link: the link is all that is saved of it`,
    ),
  );
  for (const path of ["/no/such", "/nowhere/x", "/etc/host"]) assert.throws(() => choose([path]), /does not exist/);
});

test("choosePaths() leaves out what an exclude leads to, and a link to a file itself", () => {
  const cache = choose(["/"], ["/home/joe/cache"]);
  assert.equal(cache.exclude, ["/data/home/joe/cache"]);
  assert.equal(cache.notes, ["-E /home/joe/cache leads to /data/home/joe/cache by a symbolic link"]);
  assert.equal(choose(["/"], ["/deep"]).exclude, ["/data/home/joe"]);
  assert.equal(choose(["/"], ["/hosts", "/nowhere"]), { include: ["/"], exclude: ["/hosts", "/nowhere"], notes: [] });
});

test("choosePaths() says which excludes leave nothing out", () => {
  const { exclude, notes } = choose(["/data"], ["/no/such", "/etc", "/data/*/cache", "/data/home"]);
  assert.equal(exclude, ["/data/home"]);
  assert.equal(notes, [
    "-E /no/such leaves nothing out: it does not exist",
    "-E /etc leaves nothing out: it is not below what -I chooses",
    "-E /data/*/cache leaves nothing out: it does not exist; -E takes paths, no patterns",
  ]);
});

test("choosePaths() refuses what is chosen and left out at once, by whatever names", () => {
  assert.throws(() => choose(["/data/home"], ["/home"]), /-I \/data\/home and -E \/home contradict each other/);
  assert.throws(() => choose(["/"], ["/"]), /-E \/ leaves nothing to save/);
});

test.run();
