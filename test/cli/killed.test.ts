/**
 * Backups that are killed (by SIGKILL nothing can be cleared away) leave a whole set, and the next one clears up.
 * `KILLS=100` is the long run.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("killed backups");
const KILLS = Number(process.env.KILLS ?? 4);
const SIGNALS = ["SIGKILL", "SIGTERM", "SIGKILL", "SIGINT"] as const;
const work = mkdtempSync(join(tmpdir(), "mondo-killed-"));
const [tree, out] = [join(work, "tree"), join(work, "out")];
const prefix = `killed${process.pid}`;
const stored = join("/var/lib/mondo/sets", `${prefix}@${encodeURIComponent(tree)}`);
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(stored, { recursive: true, force: true });
});

const iso = (number = 1) => join(out, `${prefix}-${number}.iso`);
const names = () => readdirSync(out).sort();
const words = ["archive", "-d", out, "-p", prefix, "-1", "--root", tree];
/** With a `/run` of its own: no lock of another backup counts, nor does ours for one. */
const inOwnRun = (script: string) => [
  ...["unshare", "--mount", "--propagation", "private", "sh", "-ec", `mount -t tmpfs none /run; ${script}`],
];
const archive = (...more: string[]): Outcome => call(inOwnRun(`exec ${[executable, ...words, ...more].join(" ")}`));

/** The state that a whole set holds. */
function stateOf(image: string): string {
  const verified = mondo("verify", image);
  assert.is(verified.status, 0, verified.out + verified.err);
  const to = mkdtempSync(join(work, "out-"));
  assert.is(mondo("extract", image, "/state", "--to", to).status, 0);
  return readFileSync(join(to, "state"), "utf8");
}

test.before(() => {
  for (const path of [tree, out]) mkdirSync(path);
  for (let i = 0; i < 200; i++) writeFileSync(join(tree, `file${i}`), crypto.getRandomValues(new Uint8Array(60_000)));
  writeFileSync(join(tree, "state"), "0");
});

test(`the set is whole after each of ${KILLS} backups that were killed, old or new, and the next one leaves nothing else`, async () => {
  const started = performance.now();
  assert.is(archive().status, 0);
  const takesMs = performance.now() - started;
  let state = "0";
  for (let kill = 1; kill <= KILLS; kill++) {
    writeFileSync(join(tree, "state"), String(kill));
    const [command = "", ...rest] = inOwnRun(`exec ${[executable, ...words].join(" ")}`);
    const child = Bun.spawn([command, ...rest], { stdio: ["ignore", "ignore", "ignore"] });
    // All moments of a backup, in equal steps: the phases differ from run to run by themselves.
    await Bun.sleep((takesMs * kill) / (KILLS + 1));
    child.kill(SIGNALS[kill % SIGNALS.length] ?? "SIGKILL");
    await child.exited;
    const now = stateOf(iso());
    assert.ok(now === state || now === String(kill), `${now} after kill ${kill} of a set of ${state}`);
    state = now;
  }
  writeFileSync(join(tree, "state"), "last");
  const { status, err } = archive();
  assert.is(status, 0, err);
  assert.equal(names(), [`${prefix}-1.iso`]);
  assert.is(stateOf(iso()), "last");
});

test("a differential backup from one that was replaced by another, of which the machine doesn't know, is refused", () => {
  const before = join(work, "store");
  cpSync(stored, before, { recursive: true });
  assert.is(archive().status, 0);
  // Killed after its ISO was complete and before it was remembered.
  rmSync(stored, { recursive: true });
  renameSync(before, stored);
  const { status, err } = archive("-D");
  assert.is(status, 10, err);
  assert.match(err, new RegExp(`${prefix}-1\\.iso is the backup of .* would build was replaced by it`));
  assert.is(archive("-D", "--parent", iso()).status, 0);
  assert.is(stateOf(join(out, `${prefix}-d1-1.iso`)), "last");
  rmSync(join(out, `${prefix}-d1-1.iso`));
});

test("images of which only the first has its name yet are a whole set, and the next backup gives the others theirs", () => {
  call(["sh", "-c", "head -c 40000000 /dev/urandom > large"], tree);
  const { status, err } = archive("-s", "130m,20m");
  assert.is(status, 0, err);
  const whole = names();
  assert.ok(whole.length > 1, String(whole));
  for (let number = 2; number <= whole.length; number++) renameSync(iso(number), `${iso(number)}.new`);
  assert.is(stateOf(iso()), "last");
  // It fails late enough to have cleared up.
  assert.is(archive("-s", "130m,1500k").status, 1);
  assert.equal(names(), whole);
  assert.is(stateOf(iso()), "last");
});

test.run();
