/** Jobs by configuration, what they leave for those who watch, and which backups stay. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { executable, inPrivateMounts, mondo, type Outcome } from "../support/mondo.ts";

const test = suite("jobs");
const work = mkdtempSync(join(tmpdir(), "mondo-jobs-"));
const [tree, out, config, metrics] = [
  join(work, "tree"),
  join(work, "out"),
  join(work, "mondo.toml"),
  join(work, "mondo.prom"),
];
const prefix = `jobs${process.pid}`;
const home = join(out, hostname(), prefix);
test.before(() => {
  for (const path of [tree, out]) mkdirSync(path);
  writeFileSync(join(tree, "file"), "content");
});
test.after(() => {
  rmSync(work, { recursive: true, force: true });
  rmSync(`/var/lib/mondo/sets/${prefix}@${encodeURIComponent(tree)}`, { recursive: true, force: true });
});

/** With a `/run` and logs of its own: no lock of another backup counts. */
const alone = (...words: string[]): Outcome =>
  inPrivateMounts(`mount -t tmpfs none /run; mount -t tmpfs none /var/log; exec ${executable} ${words.join(" ")}`);

const JOB = `[jobs.nightly]
root = "${tree}"
dir = "${out}"
prefix = "${prefix}"
layout = "directory"
level = 1
hooks = "none"
metrics = "${metrics}"
differential = true
full-every = 7
keep = { last = 2 }
`;
const write = (text: string) => writeFileSync(config, text);
const sets = () => readdirSync(home).sort();
const summaryOf = ({ out: text }: Outcome): Record<string, unknown> => JSON.parse(text.trim().split("\n").at(-1) ?? "");

test("config check names file, line, column and the nearest key; explain and show say where a value is from", () => {
  write(JOB.replace("prefix", "prefx"));
  const bad = mondo("config", "check", "--config", config);
  assert.is(bad.status, 2);
  assert.is(bad.err, `mondo: ${config}:4:1: unknown key prefx\n  Did you mean prefix?\n`);
  write(JOB);
  assert.match(mondo("config", "check", "--config", config).out, /1 job, nothing is wrong/);
  assert.match(mondo("config", "show", "--config", config).out, new RegExp(`^full-every = 7 +# ${config}:10:1$`, "m"));
  const explained = mondo("config", "explain", "keep", "--config", config).out;
  assert.match(explained, new RegExp(`^nightly: \\{ last = 2 \\} {2}\\(${config}:11:1\\)$`, "m"));
  assert.match(mondo("config", "explain", "keap").err, /there is no key keap\n {2}Did you mean keep\?/);
});

test("a configuration that others could change is refused, by whatever command", () => {
  chmodSync(config, 0o666);
  for (const words of [["config", "check"], ["backup"]]) {
    const { status, err } = mondo(...words, "--config", config);
    assert.is(status, 10);
    assert.match(err, /others than root can change .*, and it is used as root\n {2}Take that away: chown root/);
  }
  chmodSync(config, 0o644);
});

test("what contradicts itself is told by check and by backup, with the job's place", () => {
  write(JOB.replace("level = 1", 'size = "700m"'));
  for (const words of [["config", "check"], ["backup"]]) {
    const { status, err } = mondo(...words, "--config", config);
    assert.is(status, 2, err);
    assert.match(err, new RegExp(`${config}:1:7\\)?: .*-s and --layout directory contradict each other`));
  }
  write(JOB);
});

test("the first night is full, the next ones differ from it; the last line of JSON is a summary", () => {
  const first = alone("backup", "--config", config, "--json");
  assert.is(first.status, 0, first.err);
  const { event, ok, job, level, places, status, host } = summaryOf(first);
  assert.equal([event, ok, job, level, status, host], ["summary", true, "nightly", 0, 0, hostname()]);
  assert.equal(places, [join(home, sets()[0] ?? "")]);
  assert.match(first.out, /This is a full backup: no earlier one is known here/);
  const second = alone("backup", "nightly", "--config", config, "--json");
  assert.is(summaryOf(second).level, 1, second.err);
  assert.match(sets()[1] ?? "", /\.d1$/);
  assert.match(readFileSync(metrics, "utf8"), /^mondo_backup_last_run_status\{job="nightly"\} 0$/m);
});

test("the rules take what is too much, and only that; sets lists what stays", () => {
  for (const words of [
    ["--without", "differential", "--without", "full-every"],
    ["--without", "full-every"],
  ]) {
    const { status, err } = alone("backup", "--config", config, ...words);
    assert.is(status, 0, err);
  }
  // Of the four, the last two: a full one and what differs from it.
  const [full, differential] = sets();
  assert.is(sets().length, 2);
  const listed = mondo("sets", out);
  assert.is(listed.status, 0, listed.err);
  assert.match(listed.out, new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +full .* ${prefix} .*${full}$`, "m"));
  assert.match(listed.out, new RegExp(` level 1 .*${differential}$`, "m"));
  assert.is(mondo("verify", out).status, 0);
});

test("sets names what can't be restored; --prune leaves it, what it may need, and another machine's", () => {
  const [full = "", differential = ""] = sets();
  renameSync(join(home, full), join(work, full));
  const orphan = mondo("sets", out, "--json");
  assert.is(orphan.status, 3);
  assert.match(String(JSON.parse(orphan.out).flaw), /it builds on the backup [0-9a-f-]{36}, which is not here/);
  renameSync(join(work, full), join(home, full));
  const broken = join(home, "2020-01-01T00-00-00.d1/mondo");
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, "manifest.json"), "{}");
  const dry = mondo("sets", out, "--prune", "--dry-run", "--keep", "1");
  assert.match(dry.out, /stays .*2020-01-01T00-00-00.d1: it can't be read/);
  assert.match(dry.out, new RegExp(`stays .*${full}: others build on it`));
  assert.match(dry.out, new RegExp(`stays .*${differential}: last 1`));
  assert.match(alone("sets", out, "--prune", "--keep", "1", "--host", "elsewhere").out, /no backups of elsewhere here/);
  assert.is(sets().length, 3);
});

test("nothing goes while the newest is not what was written", () => {
  for (let night = 0; night < 2; night++) {
    const { status, err } = alone("backup", "--config", config, "--without", "keep", "--diff-level", "0");
    assert.is(status, 2, err);
  }
  const words = ["--without", "keep", "--without", "differential", "--without", "full-every"];
  assert.is(alone("backup", "--config", config, ...words).status, 0);
  const newest = join(home, sets().at(-1) ?? "", "mondo");
  const volume = join(newest, readdirSync(newest).find((name) => name.startsWith("volume")) ?? "");
  const good = readFileSync(volume);
  writeFileSync(
    volume,
    good.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
  );
  const before = sets();
  const { status, err } = alone("sets", out, "--prune", "--keep", "1");
  assert.is(status, 1);
  assert.match(err, /is not what was written: .*; all older backups stay/);
  assert.equal(sets(), before);
  writeFileSync(volume, good);
  assert.is(alone("sets", out, "--prune", "--keep", "1").status, 0);
  // What can't be read stays, and is listed.
  assert.is(sets().length, 2);
  assert.is(mondo("sets", out).status, 3);
});

test("a place that can't be reached is a failure that is told everywhere", () => {
  const { status, out: text } = alone(
    "backup",
    "--config",
    config,
    "--without",
    "dir",
    "--dir",
    "/nowhere/at/all",
    "--json",
  );
  assert.is(status, 1);
  const { ok, error } = summaryOf({ status, out: text, err: "" }) as { ok: boolean; error: { code: string } };
  assert.equal([ok, error.code], [false, "not-found"]);
  const lines = readFileSync(metrics, "utf8");
  assert.match(lines, /^mondo_backup_last_run_status\{job="nightly"\} 1$/m);
  assert.match(lines, /^mondo_backup_entries\{job="nightly"\} 2$/m);
});

test.run();
