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

/** Runs words of a shell with these programs before all others, and a `/run` of its own; what they were called with. */
function withPrograms(programs: Readonly<Record<string, string>>, script: string, sleepEnds = 1) {
  const directory = mkdtempSync(join(work, "bin-"));
  const calls = join(directory, "calls");
  writeFileSync(calls, "");
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\necho "${name} $*" >>${calls}\n${body}\n`, { mode: 0o755 });
  }
  // What would run later is noted, and does not, or at once.
  writeFileSync(join(directory, "sleep"), `#!/bin/sh\necho later >>${calls}\nexit ${sleepEnds}\n`, { mode: 0o755 });
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
      "50-containers": "before-snapshot after-snapshot",
      "50-libvirt": "before-snapshot after-snapshot",
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

test("50-libvirt freezes running guests and thaws them; one that can't be frozen is named", () => {
  const { status, said, calls, isWatched } = withPrograms({ virsh: VIRSH }, both("50-libvirt"));
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

test("50-libvirt fails loudly where a guest stays frozen, and warns where libvirt is silent", () => {
  const stuck = withPrograms({ virsh: `[ "$1" != domfsthaw ] || exit 1\n${VIRSH}` }, both("50-libvirt"));
  assert.match(stuck.said, /the guest web is frozen: virsh domfsthaw web/);
  const script = `${examples}/50-libvirt before-snapshot; echo "status $?"`;
  const silent = withPrograms({ virsh: "exit 1" }, `set +e; ${script}`);
  assert.match(silent.said, /libvirt does not answer.*\nstatus 3\n/);
  const thaw = `set +e; echo web >/run/mondo-frozen-guests; ${examples}/50-libvirt after-snapshot; echo "status $?"`;
  assert.match(withPrograms({ virsh: "exit 1" }, thaw).said, /the guest web is frozen.*\nstatus 1\n/);
});

const engine = (...containers: readonly string[]) => `case $1 in
--version) echo 'Docker version 20' ;;
ps) printf '%s\\n' ${containers.join(" ")} ;;
pause) [ "$2" != bad ] ;;
esac`;

test("50-containers pauses what runs and lets it go on, of both engines", () => {
  const programs = { podman: engine("a1", "bad"), docker: engine("b2") };
  const { status, said, calls, isWatched } = withPrograms(programs, both("50-containers"));
  assert.is(status, 0, said);
  assert.match(said, /^the container bad of podman can not be paused\nbefore 3\n$/);
  assert.equal(calls, [
    "podman ps --quiet --filter status=running",
    "podman pause a1",
    "podman pause bad",
    "docker --version",
    "docker ps --quiet --filter status=running",
    "docker pause b2",
    "podman unpause a1",
    "docker unpause b2",
  ]);
  assert.ok(isWatched);
});

test("50-containers takes a command docker of Podman's for Podman, and fails loudly where one stays paused", () => {
  const docker = "echo 'podman version 4.3.1'";
  const { calls } = withPrograms({ podman: engine("a1"), docker }, both("50-containers"));
  assert.equal(
    calls.filter((line) => line.startsWith("docker")),
    ["docker --version"],
  );
  const stuck = `set +e; echo podman a1 >/run/mondo-paused-containers; ${examples}/50-containers after-snapshot; echo "status $?"`;
  assert.match(withPrograms({ podman: "exit 1" }, stuck).said, /^a1 is paused: podman unpause a1\nstatus 1\n/);
});

test("nothing stays frozen or paused where the second moment never comes", () => {
  for (const [name, programs, last] of [
    ["50-libvirt", { virsh: VIRSH }, "virsh domfsthaw web"],
    ["50-containers", { podman: engine("a1"), docker: "echo podman" }, "podman unpause a1"],
  ] as const) {
    const { calls } = withPrograms(programs, `${examples}/${name} before-snapshot || :; /bin/sleep 1`, 0);
    assert.is(calls.at(-1), last);
  }
});

test.run();
