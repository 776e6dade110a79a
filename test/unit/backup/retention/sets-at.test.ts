import { test } from "uvu";
import * as assert from "uvu/assert";
import { setsAt } from "../../../../src/backup/retention/sets-at.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { fakeHost } from "../../../support/fake-host.ts";

test("sets are looked for beside what the kernel makes up, not in it", () => {
  const host = fakeHost({
    files: {
      "/proc/self/mountinfo": "20 1 0:20 / /b/proc rw - proc proc rw\n21 1 8:1 / /b/srv rw - ext4 /dev/vda1 rw\n",
      "/b/proc/1/task": "",
      "/b/srv/2026-11-30T08-15-00/mondo/manifest.json": "{}",
    },
  });
  const lstat = (path: string) => {
    if (path.startsWith("/b/proc/")) throw new MondoError("system", `stat ${path}: no such process`);
    return host.lstat(path);
  };
  const places = setsAt({ ...host, lstat, stat: lstat }, "/b").map(({ place }) => place);
  assert.equal(places, ["/b/srv/2026-11-30T08-15-00"]);
});

test("a directory that can't be listed is not taken for one without sets", () => {
  const host = fakeHost({
    files: {
      "/b/2026-11-30T08-15-00/mondo/manifest.json": "{}",
      "/b/other/2026-11-29T08-15-00/mondo/manifest.json": "{}",
    },
  });
  const listWhole = (path: string) => {
    if (path === "/b/other") throw new MondoError("system", `list ${path}: input/output error`);
    return host.listWhole(path);
  };
  const broken = { ...host, listWhole, stat: host.lstat };
  assert.throws(() => setsAt(broken, "/b"), /list \/b\/other: input\/output error/);
  const unread: string[] = [];
  const places = setsAt(broken, "/b", ({ message }) => unread.push(message)).map(({ place }) => place);
  assert.equal(places, ["/b/2026-11-30T08-15-00"]);
  assert.equal(unread, ["list /b/other: input/output error"]);
});

test.run();
