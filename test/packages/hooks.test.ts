/**
 * The examples of hooks for MariaDB and slapd, run beside these servers in a new root of Debian 12, where shellcheck
 * reads all of them. Needs root, a mirror of Debian, and takes minutes.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, type Outcome } from "../support/mondo.ts";

const test = suite("hooks");
const examples = join(import.meta.dirname, "../../packages/examples/hooks.d");
const scratch = mkdtempSync("/var/tmp/mondo-hooks-");
/** MONDO_HOOKS_ROOT: one that has been made before. */
const root = process.env.MONDO_HOOKS_ROOT ?? join(scratch, "root");

test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a script in the root: mounts and processes are its own, and end with it. */
function inRoot(script: string): Outcome {
  const mounts = `mount -t proc proc ${root}/proc; mount --rbind /dev ${root}/dev; mount -t tmpfs none ${root}/run`;
  const inside = `${mounts}; exec chroot ${root} sh -c "export LANG=C.UTF-8; $0"`;
  const own = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--propagation", "private"];
  return call([...own, "sh", "-ec", inside, script], "/", 1_200_000);
}

test.before(() => {
  if (process.env.MONDO_HOOKS_ROOT === undefined) {
    const include = "--include=mariadb-server,slapd,shellcheck";
    const { status, err } = call(["mmdebstrap", "--quiet", "--variant=apt", include, "bookworm", root], "/", 3_600_000);
    assert.is(status, 0, err);
  }
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  cpSync(examples, join(root, "hooks"), { recursive: true });
});

test("shellcheck has nothing to say about any example", () => {
  const { status, out } = inRoot("shellcheck /hooks/*");
  assert.is(status, 0, out);
});

const MARIADB = `install -d -o mysql /run/mysqld
mariadbd --user=mysql --skip-networking >/var/log/mariadbd.log 2>&1 &
for second in $(seq 240); do mariadb -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 1; done
`;

test("50-mariadb: the server answers, tables of InnoDB are well, one of MyISAM is named", () => {
  const run = "/hooks/50-mariadb before-snapshot; echo status $?";
  const { out, err } = inRoot(`${MARIADB}
mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (n INT) ENGINE=InnoDB; INSERT INTO shop.orders VALUES (1)'
${run}
mariadb -e 'CREATE TABLE shop.old (n INT) ENGINE=MyISAM'
${run}
mariadb -e 'DROP DATABASE shop'
mkdir -p /srv/elsewhere; ln -s /srv/elsewhere /var/lib/mysql/other
${run}
rm /var/lib/mysql/other
mariadb-admin shutdown; wait
${run}`);
  const [well, old, link, dead] = out
    .split(/^status /m)
    .slice(1)
    .map((text) => text[0]);
  assert.equal([well, old, link, dead], ["0", "3", "3", "3"], out + err);
  assert.match(out, /^status 0\nnot safe against power cuts: shop\.old \(MyISAM\)\nstatus 3\n/, err);
  assert.match(out, /links lead out of \/var\/lib\/mysql\/: .*\.\/other\nstatus 3\n/);
  assert.match(out, /the database does not answer: is it meant to run\?\nstatus 3\n$/);
});

test("50-mariadb: what was copied as it stood after the hook starts, and has what was written before", () => {
  const { out, err } = inRoot(`${MARIADB}
mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.orders (n INT) ENGINE=InnoDB; INSERT INTO shop.orders VALUES (41)'
/hooks/50-mariadb before-snapshot || exit 1
# A snapshot of one moment: nobody writes while it is copied.
kill -STOP $(pidof mariadbd); rm -rf /srv/copy; cp -a /var/lib/mysql /srv/copy; kill -CONT $(pidof mariadbd)
mariadb -e 'DROP DATABASE shop'; mariadb-admin shutdown; wait
mariadbd --user=mysql --skip-networking --datadir=/srv/copy >/var/log/copy.log 2>&1 &
for second in $(seq 240); do mariadb -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 1; done
mariadb -N -e 'SELECT n + 1 FROM shop.orders; CHECK TABLE shop.orders'
mariadb-admin shutdown; wait; rm -rf /srv/copy`);
  assert.match(out, /^42\nshop\.orders\tcheck\tstatus\tOK\n/m, err);
});

const ENTRY = `dn: ou=people,dc=nodomain\nobjectClass: organizationalUnit\nou: people\n`;

test("50-slapd: what a running slapd holds is there as LDIF for the backup, and gone after it", () => {
  writeFileSync(join(root, "root/entry.ldif"), ENTRY);
  const { out, err } = inRoot(`slapadd -n 1 -l /root/entry.ldif 2>/dev/null; chown -R openldap: /var/lib/ldap
install -d -o openldap /run/slapd
slapd -h ldapi:/// -u openldap -g openldap || exit 1
/hooks/50-slapd before-backup; echo status $?
ls /var/backups/slapd; stat -c %a /var/backups/slapd; grep '^dn: ou=people' /var/backups/slapd/1.ldif
rm -rf /srv/ldap; mkdir /srv/ldap; sed 's,/var/lib/ldap,/srv/ldap,' /var/backups/slapd/0.ldif >/root/config.ldif
mkdir /srv/ldap/config; slapadd -n 0 -F /srv/ldap/config -l /root/config.ldif || echo config failed
slapadd -F /srv/ldap/config -n 1 -l /var/backups/slapd/1.ldif || echo data failed
slapcat -F /srv/ldap/config -n 1 | grep '^dn: ou=people'
/hooks/50-slapd after-backup; echo status $?; ls /var/backups/slapd`);
  const people = "dn: ou=people,dc=nodomain";
  assert.is(out, ["status 0", "0.ldif", "1.ldif", "700", people, people, "status 0", ""].join("\n"), err);
});

test("50-slapd: a slapd that can't be read is named, and nothing half is left", () => {
  const { out, err } = inRoot(`mv /var/lib/ldap /var/lib/ldap.away; mkdir /var/lib/ldap
/hooks/50-slapd before-backup 2>/dev/null; echo status $?; ls /var/backups/slapd
rm -r /var/lib/ldap; mv /var/lib/ldap.away /var/lib/ldap; /hooks/50-slapd failed; ls /var/backups/slapd 2>/dev/null`);
  assert.match(out, /^database 1 of slapd can not be read\nstatus 3\n0\.ldif\n$/, err);
});

test.run();
