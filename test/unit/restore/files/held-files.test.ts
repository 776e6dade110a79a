import { test } from "uvu";
import * as assert from "uvu/assert";
import { formerMappings, newHolders, restartAdvice, unitOf } from "../../../../src/restore/files/held-files.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const MAPS = `55e0-55e1 r--p 00000000 fd:01 1234                      /usr/sbin/sshd
7f00-7f01 r-xp 00002000 fd:01 77                         /usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)
7f02-7f03 r--p 00000000 fd:01 78                         /opt/a b.so.before-restore-2
7f04-7f05 rw-s 00000000 00:01 99                         /dev/zero (deleted)
7f06-7f07 rw-p 00000000 00:00 0
7f08-7f09 rw-p 00000000 00:00 0                          [heap]
`;

test("what has lost its name, or has the name of a copy, is known by the name it had", () => {
  const found = ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/opt/a b.so", "/dev/zero"];
  assert.equal(formerMappings(MAPS), found);
});

test("a process belongs to the unit of its control group, of both versions", () => {
  const unit = (cgroup: string) => unitOf(`${cgroup}\n`);
  assert.equal(unit("0::/system.slice/ssh.service"), { kind: "system", name: "ssh.service" });
  assert.equal(unit("5:cpu:/\n1:name=systemd:/system.slice/cron.service"), { kind: "system", name: "cron.service" });
  assert.equal(unit("0::/init.scope"), { kind: "system", name: "init.scope" });
  assert.equal(unit("0::/user.slice/user-0.slice/session-3.scope"), { kind: "session", name: "session-3.scope" });
  const own = "0::/user.slice/user-1.slice/user@1.service/app.slice/a.service";
  assert.equal(unit(own), { kind: "session", name: "a.service" });
  assert.equal(unit("0::/system.slice/docker.service/abc"), { kind: "system", name: "docker.service" });
  assert.is(unit("0::/"), undefined);
});

test("only what is new, and was chosen, counts; services are named once", () => {
  const host = fakeHost({
    files: {
      ...{ "/proc/7/comm": "sshd\n", "/proc/7/cgroup": "0::/system.slice/ssh.service\n" },
      ...{ "/proc/8/comm": "sshd\n", "/proc/8/cgroup": "0::/system.slice/ssh.service\n" },
      ...{ "/proc/9/comm": "mine\n", "/proc/9/cgroup": "0::/\n" },
      ...{ "/proc/1/comm": "systemd\n", "/proc/1/cgroup": "0::/init.scope\n" },
      ...{ "/proc/5/comm": "dbus\n", "/proc/5/cgroup": "0::/system.slice/dbus.service\n" },
    },
  });
  const held = [7, 8, 9, 1, 5].map((pid) => ({ pid, path: "/lib/libc.so.6" }));
  const old = { pid: 9, path: "/lib/before" };
  const holders = newHolders(host, [old], [...held, old, { pid: 9, path: "/tmp/x" }], (path) =>
    path.startsWith("/lib"),
  );
  assert.equal(restartAdvice(holders), [
    "These services still use files that were replaced: systemctl restart ssh.service",
    "The system's manager does, too: systemctl daemon-reexec",
    "dbus.service can't be restarted alone: restart the machine",
    "Processes that no unit has started use them: mine (9)",
  ]);
  assert.equal(holders.find(({ name }) => name === "mine")?.paths, ["/lib/libc.so.6"]);
  assert.equal(restartAdvice([]), []);
});

test.run();
