import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Backup, type Lab, makeTargetDisk, readTargetDisk, TARGET_SERIAL } from "../support/lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootRescue, emptyDisks, restored } from "../support/rescue.ts";
import type { GuestMachine } from "./guest-machine.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const units = join(import.meta.dirname, "../../packages/files/usr/lib/systemd/system");

const CONFIG = `[jobs.nightly]
dir = "/target"
prefix = "vm"
layout = "directory"
level = 1
exclude = ["/target", "DISK"]
differential = true
full-every = 7
keep = { last = 2, daily = 7 }
metrics = "/run/mondo.prom"
`;
const HOOK = `#!/bin/sh
echo "$1 $MONDO_LEVEL $MONDO_STATUS" >>/root/hooked
`;

/** Puts a file into the machine, whatever is in it. */
const put = (path: string, text: string, mode = 644) =>
  `base64 -d >${path} <<'END'\n${Buffer.from(text).toString("base64")}\nEND\nchmod ${mode} ${path}\n`;

/** Program, units, hooks and configuration where the packages put them; the timer without its delay. */
function install(config: string, hooks: Readonly<Record<string, string>>): string {
  const files = readdirSync(units).map((name) =>
    put(`/etc/systemd/system/${name}`, readFileSync(join(units, name), "utf8")),
  );
  return `set -e
mkdir -p /target /run/tools /usr/lib/mondo /etc/mondo/hooks.d /etc/systemd/system/mondo.timer.d /etc/systemd/system/mondo.service.d
disk=$(readlink -f /dev/disk/by-id/virtio-${TARGET_SERIAL})
mount -t iso9660 -o ro /dev/sr0 /run/tools
mount "$disk"1 /target
cp /run/tools/mondo /usr/sbin/; cp /run/tools/mondo.cpio.* /usr/lib/mondo/
${files.join("")}${put("/etc/mondo/mondo.toml", config)}sed -i "s|DISK|$disk|" /etc/mondo/mondo.toml
${Object.entries(hooks)
  .map(([name, text]) => put(`/etc/mondo/hooks.d/${name}`, text, 755))
  .join("")}
printf '[Timer]\\nRandomizedDelaySec=0\\n' >/etc/systemd/system/mondo.timer.d/now.conf
printf '[Unit]\\nOnFailure=told.service\\n[Service]\\nLoadCredential=phrase:/root/phrase\\n' >/etc/systemd/system/mondo.service.d/more.conf
printf '[Service]\\nType=oneshot\\nExecStart=/usr/bin/touch /root/told\\n' >/etc/systemd/system/told.service
echo short >/root/phrase
systemctl daemon-reload
systemd-analyze verify --man=no mondo.service mondo.timer mondo@x.service mondo@x.timer
mondo config check`;
}

/** Waits until the service has run once more, and shows how. */
const ENDED = `for i in $(seq 1200); do state=$(systemctl show -P ActiveState mondo.service); [ "$state" != activating ] && [ "$state" != inactive -o -s /run/mondo.prom ] && break; sleep 1; done
systemctl show -p Result,ExecMainStatus,Nice,IOSchedulingClass mondo.service`;

function requireMatch(text: string, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) if (!pattern.test(text)) throw new Error(`no ${pattern} in:\n${text}`);
}

/** Starts a guest that has the tools in its drive, and a disk that backups go to. */
async function guestWithTarget(lab: Lab, machine: GuestMachine, directory: string) {
  const target = join(directory, "target.raw");
  await makeTargetDisk(target);
  const vm = await Machine.start({
    ...{ directory: join(directory, "vm"), firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
    disks: [
      ...(await lab.sourceDisks(machine, directory)),
      { file: target, format: "raw", bus: "virtio", serial: TARGET_SERIAL },
    ],
    cdrom: { file: await lab.tools() },
  });
  return { vm, target };
}

/** By hand, by the timer in the next night, and with nowhere to write to. */
async function nightly({ lab, directory, say }: ScenarioContext): Promise<void> {
  const { vm } = await guestWithTarget(lab, machineNamed("uefi-gpt-xfs"), directory);
  const said = async (script: string, timeoutMs = 120_000) => (await vm.run(script, timeoutMs)).output;
  try {
    await vm.booted();
    await vm.run(install(CONFIG, { "50-tell": HOOK }), 300_000);
    say("the first night");
    await vm.run("systemctl start mondo.service || { journalctl -u mondo.service -o cat; exit 1; }", 1_800_000);
    requireMatch(await said(ENDED), /^Result=success$/m, /^Nice=10$/m, /^IOSchedulingClass=3$/m);
    requireMatch(
      await said("journalctl -o json MONDO_JOB=nightly"),
      /"MONDO_LEVEL":"0"/,
      /"MONDO_SET":"[0-9a-f-]{36}"/,
    );
    requireMatch(await said("cat /run/mondo.prom"), /^mondo_backup_last_run_status\{job="nightly"\} [03]$/m);
    say("the next one, by the timer");
    const later = `rm /run/mondo.prom; systemctl start mondo.timer; date -s "tomorrow 02:29:57"; sleep 10; ${ENDED}
mondo sets /target; mondo verify /target; cat /root/hooked; systemctl list-timers mondo.timer`;
    requireMatch(
      await said(later, 1_800_000),
      ...[
        /^Result=success$/m,
        / level 1 .*\.d1$/m,
        / full .*T[0-9-]+$/m,
        /^after-backup 0 [03]$/m,
        /^after-backup 1 [03]$/m,
      ],
    );
    say("nowhere to write to, and a credential that is read");
    const failing = `umount /target; rmdir /target; systemctl start mondo.service; sleep 1; systemctl is-failed mondo.service
cat /root/hooked /run/mondo.prom; ls /root/told; journalctl -o cat MONDO_ERROR=not-found
mkdir /target; sed -i '$aluks-headers = "systemd:phrase"' /etc/mondo/mondo.toml; systemctl start mondo.service; journalctl -u mondo.service -o cat -n 30`;
    requireMatch(
      (await vm.attempt(failing, 600_000)).output,
      ...[/^failed$/m, /^failed 1 $/m, /^\/root\/told$/m, /^mondo_backup_last_run_status\{job="nightly"\} 1$/m],
      ...[/^backup nightly of .* failed: .*\/target/m, /the pass phrase in systemd:phrase has fewer than 8 characters/],
    );
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
}

const DATABASE_CONFIG = `[jobs.nightly]
dir = "/target"
prefix = "vm"
layout = "image"
exclude = ["/target", "DISK"]
snapshot = "require"
metrics = "/run/mondo.prom"
`;

/** `query` and `sums`: what pgbench keeps equal, as one line of four numbers. */
const QUERIES = `query() { (cd /; runuser -u postgres -- psql -XAtq -d postgres -c "$1"); }
sums() { query "select (select sum(abalance) from pgbench_accounts), (select sum(bbalance) from pgbench_branches), (select sum(tbalance) from pgbench_tellers), (select sum(delta) from pgbench_history)"; }
history() { query 'select count(*) from pgbench_history'; }
`;
const LOAD = `set -e
${QUERIES}systemctl is-active postgresql@15-main || { journalctl -u postgresql@15-main -o cat; exit 1; }
bin=$(echo /usr/lib/postgresql/*/bin)
cd /; runuser -u postgres -- $bin/pgbench -i -q -s 2 postgres
systemd-run --unit=load --uid=postgres --working-directory=/ $bin/pgbench -n -c 2 -R 15 -T 100000 postgres
until [ "$(history)" -gt 20 ]; do sleep 1; done`;
/** The timer fires in the night; the service runs, and the load goes on meanwhile and afterwards. */
const NIGHT = `${QUERIES}systemctl start mondo.timer
date -s "tomorrow 02:29:57"
echo "before $(history)"
sleep 10
${ENDED}
echo "after $(history)"
systemctl is-active load
journalctl -u mondo.service -o cat
echo "volumes: $(lvs --noheadings -o lv_name | tr -d ' ' | sort | tr '\\n' ' ')"
sync`;
/** The server plays its journal back first. */
const LOOK = `${QUERIES}for i in $(seq 300); do history >/dev/null 2>&1 && break; sleep 1; done
echo "history $(history)"
echo "sums $(sums)"
grep -h 'automatic recovery in progress' /var/log/postgresql/*.log | tail -1
cd /; runuser -u postgres -- $(echo /usr/lib/postgresql/*/bin)/pg_amcheck --install-missing --heapallindexed -d postgres && echo 'indexes fit'
echo "failed: $(systemctl --failed --plain --no-legend)"`;

/** A server under load, saved by its timer from snapshots, its checkpoint by a hook; brought back onto a blank disk. */
async function nightOfDatabase({ lab, directory, say }: ScenarioContext): Promise<void> {
  const machine = machineNamed("lvm-database");
  const { vm, target } = await guestWithTarget(lab, machine, directory);
  let night = "";
  try {
    await vm.booted();
    const hook = readFileSync(join(units, "../../../../../examples/hooks.d/50-postgresql"), "utf8");
    await vm.run(install(DATABASE_CONFIG, { "50-postgresql": hook }), 300_000);
    await vm.run(LOAD, 600_000);
    say("the database is busy");
    night = (await vm.run(NIGHT, 1_800_000)).output;
    requireMatch(
      night,
      ...[/^Result=success$/m, /^ExecMainStatus=0$/m, /^active$/m, /^volumes: database root $/m],
      ...[
        /Snapshots: .*\/ \(server\/root/,
        /\/var\/lib\/postgresql \(server\/database/,
        /before-snapshot: .*50-postgresql/,
      ],
    );
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
  const iso = join(directory, "backup.iso");
  await readTargetDisk(target, (mount) => `cp --sparse=always ${mount}/*.iso ${iso}`);
  say("saved; a blank disk");
  const backup: Backup = { machine, iso, fingerprint: [], variables: undefined };
  const disks = emptyDisks(backup, directory);
  const rescue = await bootRescue(backup, { directory: join(directory, "rescue"), disks, choose: "nuke", cpus: 2 });
  try {
    await restored(rescue);
  } finally {
    await rescue.kill();
  }
  say("restored");
  const result = await Machine.start({
    ...{ directory: join(directory, "result"), firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
    disks: disks.map((disk) => ({ ...disk, bootIndex: 0 })),
  });
  try {
    await result.booted();
    const found = (await result.attempt(LOOK, 600_000)).output;
    requireMatch(
      found,
      ...[/^sums (-?\d+)\|\1\|\1\|\1$/m, /automatic recovery in progress/, /^indexes fit$/m, /^failed: *$/m],
    );
    const numberOf = (text: string, name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const [before, at, after] = [numberOf(night, "before"), numberOf(found, "history"), numberOf(night, "after")];
    if (!(before <= at && at < after)) throw new Error(`${at} transactions, not between ${before} and ${after}`);
    say(`${at} transactions of ${before} before and ${after} after the backup`);
    await result.powerOff();
  } finally {
    await result.kill();
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "nightly-job",
    says: "mondo.timer starts a hardened service that makes a full and then a differential backup, and tells a failure",
    ci: false,
    run: nightly,
  },
  {
    name: "nightly-database",
    says: "mondo.timer saves a busy PostgreSQL from LVM snapshots; on a blank disk its sums and indexes fit",
    ci: false,
    run: nightOfDatabase,
  },
];
