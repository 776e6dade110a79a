/** Programs of the administrator: which are called, when, in what order, and what their ends mean. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { backupMoments, findHooks, type Hook, hookHead } from "../../../src/run/find-hooks.ts";
import { betweenHooks, runHooks } from "../../../src/run/run-hooks.ts";

const test = suite("hooks");
const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-hooks-"));
const said = join(work, "said");
let directory = "";
let count = 0;
test.before.each(() => {
  directory = join(work, `hooks${count++}`);
  mkdirSync(directory, 0o755);
  rmSync(said, { force: true });
});
test.after(() => rmSync(work, { recursive: true, force: true }));

function put(name: string, script: string, mode = 0o755): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

const warned: string[] = [];
const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
const found = (): readonly Hook[] => {
  warned.length = 0;
  return findHooks(host, directory, reporter);
};
const lines = () => (existsSync(said) ? readFileSync(said, "utf8").trim().split("\n") : []);

async function failure(work: Promise<unknown>): Promise<MondoError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, MondoError);
    return error as MondoError;
  }
  throw new Error("it did not fail");
}

/** Only root owns what the tests make, where others are refused. */
const rootTest = process.getuid?.() === 0 ? test : test.skip;

test("hookHead() reads moments and time; without them a hook is of a backup and has ten minutes", () => {
  assert.equal(hookHead("h", "#!/bin/sh\necho\n"), { moments: backupMoments, timeoutMs: 600_000 });
  const head = "#!/bin/sh\n# mondo-moments: before-snapshot, after-snapshot\n#  mondo-timeout: 2h\n";
  assert.equal(hookHead("h", head), { moments: ["before-snapshot", "after-snapshot"], timeoutMs: 7_200_000 });
  assert.is(hookHead("h", "-- mondo-timeout: 90\n").timeoutMs, 90_000);
});

test("hookHead() refuses moments and times that are none, with the nearest", () => {
  const refuse = (line: string, hint: RegExp) =>
    assert.throws(
      () => hookHead("/h/50-x", line),
      (error: unknown) => error instanceof MondoError && error.code === "usage" && hint.test(error.hint ?? ""),
      line,
    );
  refuse("# mondo-moments: before-snapshots", /before-snapshot\?/);
  refuse("# mondo-moments: *", /There are before-backup/);
  for (const time of ["0", "-1", "2d", "99999h", "", "1e9"]) refuse(`# mondo-timeout: ${time}`, /90s/);
});

rootTest("findHooks() takes NN-name that can be executed, by name, and names what it leaves out", () => {
  for (const name of ["50-b", "10-a", "50-b.dpkg-old", "50-c~", "readme", ".hidden"]) put(name, "exit 0");
  put("60-off", "exit 0", 0o644);
  assert.equal(
    found().map(({ name }) => name),
    ["10-a", "50-b"],
  );
  assert.is(warned.length, 4, warned.join("\n"));
  assert.match(warned.join("\n"), /60-off is not run: it can't be executed/);
});

rootTest("findHooks() refuses what others than root could change, also by a directory above or a link", () => {
  const refused = () =>
    assert.throws(found, (error: unknown) => error instanceof MondoError && error.code === "refused");
  const path = put("10-a", "exit 0");
  chmodSync(path, 0o775);
  refused();
  chmodSync(path, 0o755);
  chownSync(path, 1, 1);
  refused();
  chownSync(path, 0, 0);
  chmodSync(directory, 0o777);
  refused();
  chmodSync(directory, 0o755);
  assert.is(found().length, 1);
  chmodSync(work, 0o777);
  refused();
  chmodSync(work, 0o700);
});

rootTest("a hook is told moment and facts; after what it stopped, the order is the opposite one", async () => {
  for (const name of ["10-a", "20-b"]) put(name, `echo ${name} "$1" "$MONDO_MOMENT" "$MONDO_HOST" >>${said}`);
  put("30-c", `# mondo-moments: after-backup\necho 30-c >>${said}`);
  const hooks = { found: found(), facts: { HOST: "web1" } };
  await runHooks(host, hooks, "before-backup", reporter);
  await runHooks(host, hooks, "after-backup", reporter);
  assert.equal(lines(), [
    "10-a before-backup before-backup web1",
    "20-b before-backup before-backup web1",
    "30-c",
    "20-b after-backup after-backup web1",
    "10-a after-backup after-backup web1",
  ]);
});

rootTest("status 3 is a warning, another one stops, and those after it are not called", async () => {
  put("10-a", "exit 3");
  put("20-b", `[ "$1" = failed ] || exit 7`);
  put("30-c", `echo "$1" >>${said}`);
  const error = await failure(runHooks(host, { found: found(), facts: {} }, "before-backup", reporter));
  assert.is(error.code, "tool-failed");
  assert.match(error.message, /20-b ended with status 7 at before-backup$/);
  assert.equal(lines(), []);
  const warnings = await runHooks(host, { found: found(), facts: {} }, "failed", reporter);
  assert.is(warnings.length, 1);
  assert.equal(lines(), ["failed"]);
});

rootTest("betweenHooks() calls those after it whatever happens, with the result", async () => {
  put("10-a", `echo "a $1 $MONDO_RESULT" >>${said}`);
  put("20-b", `echo "b $1 $MONDO_RESULT" >>${said}; [ "$1" = after-snapshot ] || [ ! -e ${said}.fail ]`);
  const hooks = { found: found(), facts: {} };
  const brackets = { before: "before-snapshot", after: "after-snapshot" } as const;
  const { result } = await betweenHooks(host, hooks, brackets, reporter, undefined, async () => 42);
  assert.is(result, 42);
  const around = ["a before-snapshot ", "b before-snapshot "];
  assert.equal(lines(), [...around, "b after-snapshot ok", "a after-snapshot ok"]);
  rmSync(said);
  const broken = async () => {
    throw new MondoError("no-space", "the snapshot is full");
  };
  assert.is((await failure(betweenHooks(host, hooks, brackets, reporter, undefined, broken))).code, "no-space");
  assert.equal(lines(), [...around, "b after-snapshot failed", "a after-snapshot failed"]);
  rmSync(said);
  writeFileSync(`${said}.fail`, "");
  let isDone = false;
  const never = async () => {
    isDone = true;
  };
  await failure(betweenHooks(host, hooks, brackets, reporter, undefined, never));
  assert.not(isDone);
  assert.equal(lines(), [...around, "b after-snapshot failed", "a after-snapshot failed"]);
});

rootTest("all hooks of an after moment are called, and the first failure is thrown", async () => {
  put("10-a", `echo a >>${said}; exit 5`);
  put("20-b", `echo b >>${said}; exit 6`);
  const error = await failure(runHooks(host, { found: found(), facts: {} }, "after-snapshot", reporter));
  assert.match(error.message, /20-b ended with status 6/);
  assert.equal(lines(), ["b", "a"]);
});

/** Whether a process is there, and more than a remainder that nobody has asked for. */
const isRunning = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));

rootTest(
  "a hook's time ends it and all that it started; a daemon that keeps its output is not waited for",
  async () => {
    const pid = () => readFileSync(`${said}.pid`, "utf8").trim();
    put("10-a", `# mondo-timeout: 1s\nsleep 600 & echo $! >${said}.pid; sleep 600`);
    assert.match(
      (await failure(runHooks(host, { found: found(), facts: {} }, "before-backup", reporter))).message,
      /10-a did not finish within 1 s/,
    );
    // Killed is not yet gone.
    for (let looks = 0; isRunning(pid()) && looks < 600; looks++) await Bun.sleep(50);
    assert.not(isRunning(pid()));
    put("10-a", `sleep 600 & echo $! >${said}.pid; exit 0`);
    await runHooks(host, { found: found(), facts: {} }, "before-backup", reporter);
    assert.ok(isRunning(pid()));
    process.kill(Number(pid()), "SIGKILL");
  },
);

rootTest("a signal ends a hook with what it started", async () => {
  put("10-a", `(sleep 1; echo late >>${said}) & sleep 60`);
  const controller = new AbortController();
  const reason = new MondoError("cancelled", "interrupted");
  setTimeout(() => controller.abort(reason), 200);
  const hooks = { found: found(), facts: {} };
  assert.is(await failure(runHooks(host, hooks, "before-backup", reporter, controller.signal)), reason);
  await Bun.sleep(1200);
  assert.equal(lines(), []);
});

rootTest("a program that can't be started is an error that names it", async () => {
  writeFileSync(join(directory, "10-a"), "#!/no/such/interpreter\n", { mode: 0o755 });
  const error = await failure(runHooks(host, { found: found(), facts: {} }, "before-backup", reporter));
  assert.match(error.message, /10-a is not installed or can't be started/);
});

test.run();
