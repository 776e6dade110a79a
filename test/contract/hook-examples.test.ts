/**
 * The examples of hooks for guests and containers, with programs in place of virsh, podman and docker that note their
 * calls.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { findHooks } from "../../src/run/find-hooks.ts";
import { inPrivateMounts } from "../support/mondo.ts";

const examples = join(import.meta.dirname, "../../packages/examples/hooks.d");
const work = mkdtempSync(join(tmpdir(), "mondo-examples-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

/**
 * Runs words of a shell with these programs before all others, and a `/run` of its own; what they were called with.
 * The time of a process that would do something later never ends, unless `sleep` says so.
 */
function withPrograms(programs: Readonly<Record<string, string>>, script: string, sleep = "exit 1") {
  const directory = mkdtempSync(join(work, "bin-"));
  const calls = join(directory, "calls");
  writeFileSync(calls, "");
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho "${name} $*" >>${calls}\n${body}\n`, { mode: 0o755 });
  }
  writeFileSync(join(directory, "sleep"), `#!/bin/sh\necho later >>${calls}\n${sleep}\n`, { mode: 0o755 });
  const { status, out, err } = inPrivateMounts(
    `mount -t tmpfs none /run; PATH=${directory}:$PATH; ${script}; /bin/sleep 0.3`,
  );
  const noted = readFileSync(calls, "utf8").trimEnd().split("\n");
  return {
    status,
    said: out + err,
    calls: noted.filter((line) => line !== "later"),
    isWatched: noted.includes("later"),
  };
}

const both = (name: string) =>
  `status=0; ${examples}/${name} before-snapshot || status=$?; echo "before $status"; ${examples}/${name} after-snapshot; ls /run`;

test("each example says when it is called, and can be run by a shell", () => {
  const directory = mkdtempSync("/root/mondo-examples-");
  try {
    const names = readdirSync(examples);
    for (const name of names) {
      assert.is(statSync(join(examples, name)).mode & 0o777, 0o755);
      assert.is(inPrivateMounts(`sh -n ${join(examples, name)}`).status, 0, name);
      writeFileSync(join(directory, name), readFileSync(join(examples, name)), { mode: 0o755 });
    }
    const found = findHooks(linuxHost(), directory, silentReporter);
    const moments = Object.fromEntries(found.map((hook) => [hook.name, hook.moments.join(" ")]));
    assert.equal(moments, {
      "90-containers": "before-snapshot after-snapshot",
      "90-libvirt": "before-snapshot after-snapshot",
      "50-mariadb": "before-snapshot",
      "50-postgresql": "before-snapshot",
      "50-slapd": "before-backup after-backup failed",
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

const VIRSH = `case $1 in
list) printf 'web\\nold\\n\\n' ;;
domfsfreeze) [ "$2" != old ] ;;
esac`;

test("90-libvirt freezes running guests and thaws them; one that can't be frozen is named", () => {
  const { status, said, calls, isWatched } = withPrograms({ virsh: VIRSH }, both("90-libvirt"));
  assert.is(status, 0, said);
  assert.match(said, /^the guest old can not be frozen.*\nbefore 3\n$/);
  assert.equal(calls, [
    "virsh list --name --state-running",
    "virsh domfsfreeze web",
    "virsh domfsfreeze old",
    "virsh domfsthaw old",
    "virsh domfsthaw web",
  ]);
  assert.ok(isWatched);
});

test("90-libvirt fails loudly where a guest stays frozen, and warns where libvirt is silent", () => {
  const stuck = withPrograms({ virsh: `[ "$1" != domfsthaw ] || exit 1\n${VIRSH}` }, both("90-libvirt"));
  assert.match(stuck.said, /the guest web is frozen: virsh domfsthaw web/);
  const script = `${examples}/90-libvirt before-snapshot; echo "status $?"`;
  const silent = withPrograms({ virsh: "exit 1" }, `set +e; ${script}`);
  assert.match(silent.said, /libvirt does not answer.*\nstatus 3\n/);
  const thaw = `set +e; echo web >/run/mondo-frozen-guests.a; ${examples}/90-libvirt after-snapshot; echo "status $?"`;
  assert.match(withPrograms({ virsh: "exit 1" }, thaw).said, /the guest web is frozen.*\nstatus 1\n/);
});

const engine = (...containers: readonly string[]) => `case $1 in
--version) echo 'Docker version 20' ;;
ps) printf '%s\\n' ${containers.join(" ")} ;;
pause) [ "$2" != bad ] ;;
esac`;

test("90-containers pauses what runs and lets it go on, of both engines", () => {
  const programs = { podman: engine("a1", "bad"), docker: engine("b2") };
  const { status, said, calls, isWatched } = withPrograms(programs, both("90-containers"));
  assert.is(status, 0, said);
  assert.match(said, /^the container bad of podman can not be paused\nbefore 3\n$/);
  assert.equal(calls, [
    "podman ps --quiet --filter status=running",
    "podman pause a1",
    "podman pause bad",
    "podman unpause bad",
    "docker --version",
    "docker ps --quiet --filter status=running",
    "docker pause b2",
    "podman unpause a1",
    "docker unpause b2",
  ]);
  assert.ok(isWatched);
});

test("90-containers takes a command docker of Podman's for Podman, and fails loudly where one stays paused", () => {
  const docker = "echo 'podman version 4.3.1'";
  const { calls } = withPrograms({ podman: engine("a1"), docker }, both("90-containers"));
  assert.equal(
    calls.filter((line) => line.startsWith("docker")),
    ["docker --version"],
  );
  const stuck = `set +e; echo podman a1 >/run/mondo-paused-containers.a; ${examples}/90-containers after-snapshot; echo "status $?"`;
  assert.match(withPrograms({ podman: "exit 1" }, stuck).said, /^a1 is paused: podman unpause a1\nstatus 1\n/);
});

/** Each hook, its program, and what that does to the only guest or container. */
const kinds = [
  { name: "90-libvirt", program: "virsh", freeze: "virsh domfsfreeze web", thaw: "virsh domfsthaw web" },
  { name: "90-containers", program: "podman", freeze: "podman pause web", thaw: "podman unpause web" },
] as const;

/** The program of a kind, which does more when it freezes; docker is Podman's. */
const one = ({ program }: (typeof kinds)[number], freezing = ":") => ({
  docker: "echo podman",
  [program]: `case $1 in list) echo web ;; ps) [ "$4" = status=paused ] || echo web ;; domfsfreeze | pause) ${freezing} ;; esac`,
});

/** Runs words as withPrograms() does where systemd keeps the time; `$FIRST` is what it would call first. */
function withSystemd(kind: (typeof kinds)[number], script: string, freezing?: string) {
  const keep = `while [ "$1" != /bin/sh ]; do shift; done\necho "$@" >>/run/clocks`;
  const named = (text: string) => text.replace("$FIRST", "$(sed -n 1p /run/clocks)");
  const run = withPrograms(
    { ...one(kind, freezing && named(freezing)), "systemd-run": keep },
    `mkdir -p /run/systemd/system; set +e; ${named(script)}; echo left: $(cd /run; ls -d mondo*)`,
  );
  return { ...run, moved: moved(run.calls) };
}

const moved = (calls: readonly string[]) => calls.filter((call) => /freeze|thaw|pause /.test(call));

test("nothing stays frozen or paused where the second moment never comes", () => {
  for (const kind of kinds) {
    const wait = (till: string) => `for try in $(seq 200); do ${till} && break; /bin/sleep 0.1; done`;
    const script = `${examples}/${kind.name} before-snapshot; touch /run/over; ${wait("! ls /run/mondo-*.* >/dev/null 2>&1")}`;
    const { calls, said } = withPrograms(one(kind), script, wait("[ -e /run/over ]"));
    assert.equal(moved(calls), [kind.freeze, kind.thaw], said);
  }
});

test("systemd keeps the time where it runs, not a process that it kills together with mondo", () => {
  for (const kind of kinds) {
    const script = `${examples}/${kind.name} before-snapshot; $FIRST`;
    const { calls, moved, isWatched, said } = withSystemd(kind, script);
    assert.not(isWatched);
    assert.match(calls.join("\n"), /^systemd-run --quiet --collect --on-active=120 .*=1s \/bin\/sh .* clock /m);
    assert.equal(moved, [kind.freeze, kind.thaw], said);
  }
});

test("a process keeps the time where systemd does not answer", () => {
  for (const kind of kinds) {
    const script = `mkdir -p /run/systemd/system; ${examples}/${kind.name} before-snapshot`;
    assert.ok(withPrograms({ ...one(kind), "systemd-run": "exit 1" }, script).isWatched);
  }
});

test("what the clock has thawed or let go on before the second moment is a warning, once", () => {
  for (const kind of kinds) {
    const after = `${examples}/${kind.name} after-snapshot; echo "status $?"`;
    const { moved, said } = withSystemd(kind, `${examples}/${kind.name} before-snapshot; $FIRST; ${after}; ${after}`);
    assert.match(said, /^the (guests|containers) .* after two minutes, .*\nstatus 3\nstatus 0\nleft:\n/);
    assert.equal(moved, [kind.freeze, kind.thaw]);
  }
});

test("the clock of an earlier freeze leaves a newer one alone", () => {
  for (const kind of kinds) {
    const [before, after] = ["before-snapshot", "after-snapshot"].map((moment) => `${examples}/${kind.name} ${moment}`);
    const script = `${before}; ${after}; ${before}; $FIRST; ${after}; echo "status $?"`;
    const { moved, said } = withSystemd(kind, script);
    assert.match(said, /^status 0\nleft:\n/);
    assert.equal(moved, [kind.freeze, kind.thaw, kind.freeze, kind.thaw]);
  }
});

test("a hook that is ended while something is being frozen or paused knows of it afterwards", () => {
  for (const kind of kinds) {
    const script = `${examples}/${kind.name} before-snapshot; ${examples}/${kind.name} after-snapshot; echo "status $?"`;
    const { moved, said } = withSystemd(kind, script, "kill -9 $PPID");
    assert.match(said, /^status 0\nleft:\n/);
    assert.equal(moved, [kind.freeze, kind.thaw]);
  }
});

test("what was frozen or paused only after the clock is undone at once", () => {
  for (const kind of kinds) {
    const script = `${examples}/${kind.name} before-snapshot; echo "status $?"`;
    const { moved, said } = withSystemd(kind, script, "$FIRST");
    assert.match(said, /^the .* can not be (frozen|paused).*\nstatus 3\nleft: mondo-late-\w+\n$/);
    assert.equal(moved, [kind.freeze, kind.thaw, kind.thaw]);
  }
});

test("90-containers: one that was never paused, or is gone, is not called paused", () => {
  const script = `set +e; echo podman a1 >/run/mondo-paused-containers.a; ${examples}/90-containers after-snapshot; echo "status $?"`;
  const podman = (paused: string) => `[ "$1" != unpause ] || exit 1\necho ${paused}`;
  assert.is(withPrograms({ podman: podman("") }, script).said, "status 0\n");
  assert.match(withPrograms({ podman: podman("a1") }, script).said, /^a1 is paused: .*\nstatus 1\n$/);
});

test.run();
