/** Single files, back to their place in the running system, without questions. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { executable, inPrivateMounts, mondo } from "../support/mondo.ts";

const test = suite("files back to their place");
const work = mkdtempSync(join(tmpdir(), "mondo-files-"));
const iso = join(work, "files-1.iso");
test.after(() => rmSync(work, { recursive: true, force: true }));

test.before(() => {
  const place = join(work, "tree/srv/live");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "conf"), "saved\n");
  writeFileSync(join(place, "program"), "saved program\n");
  writeFileSync(join(place, "lost"), "lost\n");
  const made = mondo("archive", "-d", work, "-p", "files", "-1", "--root", join(work, "tree"), "--json");
  assert.is(made.status, 0, made.err);
  archived = lastEvent(made.out);
});

/** The object on the last line. */
const lastEvent = (out: string): Record<string, unknown> => JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
/** The summary of the backup. */
let archived: Record<string, unknown>;

/** With /srv as a file system that only this process sees, and a program of it that runs. */
function live(...words: readonly string[]) {
  const script = `mount -t tmpfs none /run; mount -t tmpfs none /srv; mkdir /srv/live; echo mine > /srv/live/conf; echo other > /srv/other
    cp "$(command -v sleep)" /srv/live/program; /srv/live/program 60 > /dev/null 2>&1 & held=$!
    while ! grep -q /srv/live/program /proc/$held/maps; do :; done
    status=0; ${[executable, "restore", "--from", iso, ...words].map((word) => `'${word}'`).join(" ")} || status=$?
    kill $held; cp -a /srv ${work}/after; exit $status`;
  rmSync(join(work, "after"), { recursive: true, force: true });
  return inPrivateMounts(script);
}

const after = (path: string) => readFileSync(join(work, "after", path), "utf8");

test("what runs from a file that was replaced is named, and what was there is kept", () => {
  const { status, out, err } = live("--pattern", "/srv/live", "--overwrite", "copy");
  assert.is(status, 0, out + err);
  assert.is(after("live/conf"), "saved\n");
  assert.is(after("live/conf.before-restore"), "mine\n");
  assert.is(after("live/program"), "saved program\n");
  assert.ok(existsSync(join(work, "after/live/program.before-restore")));
  assert.is(after("other"), "other\n");
  assert.match(out, /\/srv\/live\/conf: what was there before is now conf\.before-restore/);
  assert.match(out, /still use files that were replaced|no unit has started use them: program|have started use them/);
});

test("without a rule only what is missing comes back", () => {
  const { status, out, err } = live("--files", "--pattern", "live");
  assert.is(status, 3, out + err);
  assert.is(live("--pattern", "live", "--overwrite", "never").status, 0);
  assert.is(after("live/conf"), "mine\n");
  assert.is(after("live/lost"), "lost\n");
  assert.not.match(out, /use them|still use/);
  assert.match(out, /1 entry|2 existed already/);
});

test("with --json each line is an event, and the last one sums up what came back", () => {
  const { status, out, err } = live("--files", "--pattern", "/srv/live", "--overwrite", "always", "--json");
  assert.is(status, 0, out + err);
  for (const line of out.trimEnd().split("\n")) assert.type(JSON.parse(line).event, "string");
  const { at: _, seconds, started, ...summary } = lastEvent(out);
  assert.ok(typeof seconds === "number" && seconds >= 0, String(seconds));
  assert.ok(Math.abs(Number(started) - Date.now() / 1000) < 600, String(started));
  const { set, host, entries, contentBytes } = archived;
  assert.equal(summary, {
    ...{ event: "summary", command: "restore", mode: "files", ok: true, status: 0, outcome: "done" },
    ...{ set, host, entries, contentBytes, problems: archived.problems },
  });
  assert.match(String(set), /^[0-9a-f-]{36}$/);
  assert.is(after("live/conf"), "saved\n");
});

test("with --json the summary is the last line of a failure, too, and says why", () => {
  const { status, out, err } = live("--pattern", "nothing-like-it", "--json");
  assert.is(status, 1, out + err);
  const { event, command, mode, ok, status: told, error } = lastEvent(out);
  assert.equal(
    { event, command, mode, ok, told },
    { event: "summary", command: "restore", mode: "files", ok: false, told: 1 },
  );
  assert.match((error as { readonly text: string }).text, /nothing in the backup matches/);
});

test("what can't be is said before anything is written", () => {
  for (const [words, sentence] of [
    [["--pattern", "nothing-like-it"], /nothing in the backup matches/],
    [["--pattern", "/srv", "--overwrite", "sometimes"], /--overwrite is not sometimes/],
    [["--nuke", "--pattern", "/srv"], /--nuke and --pattern contradict each other/],
    [["--to", "/srv"], /--to needs --pattern/],
    [["--pattern", "/srv", "--to", "/srv/nowhere"], /--to \/srv\/nowhere does not exist/],
    [["--pattern", "[z-a]"], /runs backwards/],
  ] as const) {
    const { status, out, err } = live(...words);
    assert.match(err, sentence, out);
    assert.ok(status === 1 || status === 2, `${status}`);
    assert.is(after("live/conf"), "mine\n");
    assert.not.ok(existsSync(join(work, "after/live/lost")));
  }
});

test.run();
