/**
 * The examples for Ansible and cloud-init, run as they are in a new root of Debian 12: package, settings, passwords,
 * hooks, and timers for the next start. Needs root, a mirror of Debian, and takes minutes.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call } from "../support/mondo.ts";

const test = suite("provision");
const repository = join(import.meta.dirname, "../..");
const examples = join(repository, "packages/examples");
const scratch = mkdtempSync("/var/tmp/mondo-provision-");
const root = join(scratch, "root");
const apt = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root";

test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a program, and returns what it printed; fails with that when it fails. */
function done(...argv: readonly string[]): string {
  const { status, out, err } = call(argv, repository, 3_600_000);
  assert.is(status, 0, `${argv.join(" ").slice(0, 300)}\n${out.slice(-3000)}${err.slice(-2000)}`);
  return out;
}

/** Runs a script in the root: mounts and host name are its own. */
function inRoot(script: string): string {
  const mounts = `mount -t proc proc ${root}/proc; mount --rbind /dev ${root}/dev; mount --rbind /sys ${root}/sys`;
  const inside = `${mounts}; exec chroot ${root} sh -ec "export LANG=C.UTF-8; $0"`;
  return done("unshare", "--mount", "--uts", "--propagation", "private", "sh", "-ec", inside, script);
}

const text = (path: string) => readFileSync(join(root, path), "utf8");
const modeOf = (path: string) => statSync(join(root, path)).mode & 0o777;
const timers = () =>
  readdirSync(join(root, "etc/systemd/system/timers.target.wants")).filter((name) => /^mondo/.test(name));

test.before(() => {
  done(process.execPath, "packages/make-packages.ts", "--quick", "--release", "1");
  const include = "--include=ansible-core,cloud-init,systemd";
  done("mmdebstrap", "--quiet", "--variant=apt", include, "bookworm", root);
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  mkdirSync(join(root, "srv/packages"));
  done("sh", "-c", `cp out/packages/mondo_*-1_amd64.deb ${root}/srv/packages/`);
  inRoot(`${apt} update`);
});

const PLAY = `- hosts: all
  roles:
    - role: mondo
      vars:
        mondo_package: mondo_1_amd64.deb
        mondo_hooks: [50-postgresql]
        mondo_credentials: { login: "username=web1\\npassword=a \\"secret\\"\\n" }
        mondo_defaults: { level: 3 }
        mondo_jobs:
          nightly:
            nfs: //nas/backup
            credentials: /etc/mondo/login
            layout: directory
            differential: true
            full-every: 7
            keep: { last: 2, daily: 7 }
            exclude: [/var/cache, "/srv/my \\"files\\" é"]
          weekly: { dir: /srv, prefix: w }
`;

test("the role of Ansible installs and configures, and has nothing to do the second time", () => {
  const home = join(root, "root/play");
  cpSync(join(examples, "ansible"), home, { recursive: true });
  cpSync(join(examples, "hooks.d/50-postgresql"), join(home, "50-postgresql"));
  done("sh", "-c", `cp out/packages/mondo_*-1_amd64.deb ${home}/mondo_1_amd64.deb`);
  writeFileSync(join(home, "play.yml"), PLAY);
  const play = "cd /root/play; ansible-playbook -i localhost, -c local play.yml";
  const first = inRoot(`${play}; mondo config check; mondo config show`);
  assert.match(first, /failed=0/);
  assert.not.match(first, /secret/);
  assert.match(first, /2 jobs, nothing is wrong/);
  assert.match(inRoot(play), /changed=0 .*failed=0/);
  assert.match(text("etc/mondo/mondo.toml"), /^exclude = \["\/var\/cache", "\/srv\/my \\"files\\" (é|\\u00e9)"\]$/m);
  assert.is(text("etc/mondo/login"), 'username=web1\npassword=a "secret"\n');
  assert.is(modeOf("etc/mondo/login"), 0o600);
  assert.is(modeOf("etc/mondo/hooks.d/50-postgresql"), 0o755);
  assert.equal(timers().sort(), ["mondo@nightly.timer", "mondo@weekly.timer"]);
});

test("the role keeps the settings that are there when the new ones are wrong", () => {
  const before = text("etc/mondo/mondo.toml");
  const home = join(root, "root/play");
  writeFileSync(join(home, "wrong.yml"), PLAY.replace("layout: directory", "layuot: directory"));
  const said = inRoot("cd /root/play; ! ansible-playbook -i localhost, -c local wrong.yml");
  assert.match(said, /layuot/);
  assert.is(text("etc/mondo/mondo.toml"), before);
});

test("cloud-init does the same at the first start", () => {
  inRoot(`${apt} purge -y mondo >/dev/null; rm -rf /etc/mondo /etc/systemd/system/timers.target.wants/mondo*`);
  const seed = join(root, "var/lib/cloud/seed/nocloud");
  mkdirSync(seed, { recursive: true });
  cpSync(join(examples, "cloud-init/user-data"), join(seed, "user-data"));
  writeFileSync(join(seed, "meta-data"), "instance-id: one\nlocal-hostname: web1\n");
  writeFileSync(
    join(root, "etc/cloud/cloud.cfg.d/99-test.cfg"),
    "datasource_list: [NoCloud]\ngrowpart: {mode: off}\nresize_rootfs: false\n",
  );
  // Nothing starts a timer here, which is told; that the next start does is what counts.
  const said = inRoot(
    `export DEBIAN_FRONTEND=noninteractive; cloud-init init --local; cloud-init init; cloud-init single --name runcmd; cloud-init single --name scripts-user || true; mondo config check`,
  );
  assert.match(said, /1 job, nothing is wrong/);
  assert.is(modeOf("etc/mondo/mondo.toml"), 0o600);
  assert.is(text("etc/mondo/login").split("\n")[0], "username=web1");
  assert.equal(timers(), ["mondo.timer"]);
});

test.run();
