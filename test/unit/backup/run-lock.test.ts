import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runIdOf, scratchNamed } from "../../../src/backup/request.ts";
import { requireQuiet, takeLock, targetLock } from "../../../src/backup/run-lock.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";

const test = suite("run locks");
const work = mkdtempSync(join(tmpdir(), "mondo-lock-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const host = linuxHost();
const lock = targetLock(work, "web1");
const take = () => takeLock(host, lock, process.pid, silentReporter);
/** The lock as this process writes it, with other facts. */
function ownerWith(facts: object): string {
  const release = take();
  const owner = { ...JSON.parse(readFileSync(lock.path, "utf8")), ...facts };
  release();
  return JSON.stringify(owner);
}
const refusal = () => {
  try {
    take()();
  } catch (error) {
    if (error instanceof MondoError && error.code === "refused") return error.message;
    throw error;
  }
  return "";
};
const silentSince = (minutes: number) =>
  utimesSync(lock.path, Date.now() / 1000 - minutes * 60, Date.now() / 1000 - minutes * 60);

test.before.each(() => rmSync(lock.path, { force: true }));

test("a lock is given back, once", () => {
  const release = take();
  assert.ok(existsSync(lock.path));
  release();
  release();
  assert.not(existsSync(lock.path));
});

for (const [whose, facts, minutes, held] of [
  ["a process that does not exist", { pid: 4_000_000 }, 0, false],
  ["a number that another process has now", { pid: 1, started: "1" }, 0, false],
  ["the process that has number 1", { pid: 1, started: "" }, 0, false],
  ["a process of another start of the machine, a moment ago", { boot: "x" }, 1, true],
  ["a process of another start of the machine, long ago", { boot: "x" }, 11, false],
  ["a process in another container", { namespace: "pid:[7]", pid: 4_000_000 }, 1, true],
  ["a process in another container, long silent", { namespace: "pid:[7]", pid: 4_000_000 }, 11, false],
] as const) {
  test(`a lock of ${whose} ${held ? "holds" : "is taken over"}`, () => {
    writeFileSync(lock.path, ownerWith(facts));
    silentSince(minutes);
    assert.is(refusal() !== "", held);
  });
}

test("a directory is quiet when no backup writes to it, of whatever machine and prefix", () => {
  const isQuiet = () => {
    try {
      requireQuiet(host, work, process.pid);
      return true;
    } catch (error) {
      assert.match((error as Error).message, /^another backup with the prefix web1 is running: process \d+ on /);
      return false;
    }
  };
  assert.ok(isQuiet());
  writeFileSync(lock.path, ownerWith({ boot: "x" }));
  silentSince(1);
  assert.not(isQuiet());
  silentSince(11);
  assert.ok(isQuiet());
});

test("a living process keeps its lock, however silent it is", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  const started = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19] ?? "";
  writeFileSync(lock.path, ownerWith({ pid: child.pid, started }));
  silentSince(60);
  assert.match(refusal(), new RegExp(`another backup with the prefix web1 is running: process ${child.pid} on`));
  child.kill();
  await child.exited;
  assert.is(refusal(), "");
});

for (const text of ["", "garbage", "null", "[]", '{"pid":"1"}']) {
  test(`a lock that says ${JSON.stringify(text)} holds while it is young`, () => {
    writeFileSync(lock.path, text);
    assert.match(refusal(), /an unknown process/);
    silentSince(11);
    assert.is(refusal(), "");
  });
}

test("a lock that somebody else took meanwhile is not removed", () => {
  const release = take();
  writeFileSync(lock.path, "theirs");
  release();
  assert.is(readFileSync(lock.path, "utf8"), "theirs");
});

test("names of scratch directories tell machine and prefix, and no prefix for another", () => {
  const run = runIdOf("machine");
  assert.match(run, /^[0-9a-f]{8}-[0-9a-f]{8}$/);
  assert.is.not(runIdOf("machine"), run);
  assert.equal(scratchNamed(`.mondo.scratch.${run}.web.1`), { machine: run.slice(0, 8), prefix: "web.1" });
  assert.is(runIdOf("machine").slice(0, 8), run.slice(0, 8));
  assert.is.not(runIdOf("other").slice(0, 8), run.slice(0, 8));
  for (const name of [".mondo.scratch.web", "tmp.mondo.web1", `.mondo.lock.${run}`])
    assert.is(scratchNamed(name), undefined);
});

test.run();
