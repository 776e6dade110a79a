/**
 * The packages in new roots: installed, upgraded with settings kept, used, removed. Needs root, a mirror of Debian, and
 * takes minutes. MONDO_SUITES="bullseye trixie" tries these alone.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, type Outcome } from "../support/mondo.ts";

const test = suite("packages");
const repository = join(import.meta.dirname, "../..");
const packages = join(repository, "out/packages");
const scratch = mkdtempSync("/var/tmp/mondo-packages-");
const gpgHome = join(scratch, "gpg");
const suites = (process.env.MONDO_SUITES ?? "bullseye bookworm trixie").split(" ").filter(Boolean);
const kept = { old: join(scratch, "old"), young: join(scratch, "young") };

test.after(() => {
  call(["gpgconf", "--homedir", gpgHome, "--kill", "all"]);
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a script, and fails with what it said when it fails. */
function done(argv: readonly string[], cwd = "/"): Outcome {
  const outcome = call(argv, cwd, 3_600_000);
  assert.is(
    outcome.status,
    0,
    `${argv.join(" ").slice(0, 300)}\n${outcome.out.slice(-2000)}${outcome.err.slice(-2000)}`,
  );
  return outcome;
}

/** Runs a script in a root, with /proc and devices, in a mount namespace of its own. */
function inRoot(root: string, script: string): Outcome {
  const mounts = `mount -t proc proc ${root}/proc; mount --rbind /dev ${root}/dev; mount --rbind /sys ${root}/sys`;
  const inside = `${mounts}; exec chroot ${root} sh -ec "$0"`;
  return done(["unshare", "--mount", "--propagation", "private", "sh", "-ec", inside, script]);
}

const named = (directory: string, pattern: RegExp): string => {
  const found = readdirSync(directory).find((name) => pattern.test(name));
  if (found === undefined) throw new Error(`nothing like ${pattern} in ${directory}`);
  return join(directory, found);
};

/** Builds a release with the key of this run, and keeps it. */
function makeRelease(release: string, place: string): void {
  const make = [
    process.execPath,
    "packages/make-packages.ts",
    "--quick",
    "--release",
    release,
    "--key",
    "packages@mondo.invalid",
  ];
  done(["env", `GNUPGHOME=${gpgHome}`, ...make], repository);
  mkdirSync(place);
  done(["sh", "-c", `cp ${packages}/*${release}[._]* ${packages}/SHA256SUMS* ${place}`]);
}

test.before(() => {
  mkdirSync(gpgHome, { mode: 0o700 });
  const words = ["--batch", "--passphrase", "", "--quick-generate-key", "packages@mondo.invalid", "rsa3072", "sign"];
  done(["gpg", "--homedir", gpgHome, ...words]);
  makeRelease("1", kept.old);
  makeRelease("2", kept.young);
});

test("they are signed by the key that was given, and nothing in them is changed", () => {
  const { old } = kept;
  done([
    "sh",
    "-ec",
    `cd ${old}; sha256sum -c SHA256SUMS; gpg --homedir ${gpgHome} --verify SHA256SUMS.asc SHA256SUMS`,
  ]);
  const key = join(scratch, "key.asc");
  done(["sh", "-c", `gpg --homedir ${gpgHome} --armor --export >${key}`]);
  const database = `--dbpath=${join(scratch, "keys")}`;
  done(["rpmkeys", database, "--import", key]);
  const rpm = named(old, /[.]rpm$/);
  assert.match(done(["rpmkeys", database, "--checksig", "--verbose", rpm]).out, /Signature, key ID \w+: OK/);
  const bytes = readFileSync(rpm);
  bytes[bytes.length - 1000] = (bytes[bytes.length - 1000] ?? 0) ^ 1;
  writeFileSync(join(scratch, "changed.rpm"), bytes);
  assert.is.not(call(["rpmkeys", database, "--checksig", join(scratch, "changed.rpm")]).status, 0);
});

test("the same commit gives the same deb again", () => {
  const deb = named(kept.young, /[.]deb$/);
  done([process.execPath, "packages/make-packages.ts", "--quick", "--release", "2"], repository);
  assert.ok(readFileSync(deb).equals(readFileSync(named(packages, /-2_amd64[.]deb$/))), "the bytes differ");
});

test("the bill of materials names what is embedded, and the copyright tells the licence of the whole", () => {
  const root = join(scratch, "content");
  done(["dpkg-deb", "-x", named(kept.old, /[.]deb$/), root]);
  const doc = join(root, "usr/share/doc/mondo");
  const bill = JSON.parse(readFileSync(join(doc, "mondo.cdx.json"), "utf8")) as {
    components: { name: string; version?: string; "bom-ref": string }[];
    dependencies: { ref: string; dependsOn: string[] }[];
  };
  const names = bill.components.map(({ name }) => name);
  for (const name of ["zstd-napi", "zstd", "lzma-rust2", "age-encryption", "valibot", "WebKit-JavaScriptCore"]) {
    assert.ok(names.includes(name), name);
  }
  const refs = new Set([...bill.components.map((component) => component["bom-ref"]), bill.dependencies[0]?.ref]);
  assert.is(refs.size, bill.components.length + 1, "each has a reference of its own");
  assert.ok(bill.dependencies.every(({ ref, dependsOn }) => [ref, ...dependsOn].every((one) => refs.has(one))));
  const copyright = readFileSync(join(doc, "copyright"), "utf8");
  assert.match(copyright, /GPL-3\.0-or-later AND Apache-2\.0 AND/);
  for (const text of ["common/GPL-3", "common/LGPL-2.1", "common/Apache-2.0", "zstd-napi/NOTICE", "zstd/LICENSE"]) {
    assert.ok(existsSync(join(doc, "licenses", text)), text);
  }
  const units = readdirSync(join(root, "usr/lib/systemd/system")).map((name) => join("/usr/lib/systemd/system", name));
  assert.is(units.length, 4);
  // Its own root: the names that units refer to are looked up, and the words in them, without any other unit.
  const verified = call(["systemd-analyze", "verify", `--root=${root}`, "--man=no", ...units]).err.split("\n");
  const wrong = verified.filter(
    (line) => line !== "" && !/Unit (sysinit|basic|network-online)[.]target not found/.test(line),
  );
  assert.equal(wrong, []);
});

const CONFIG = "/etc/mondo/mondo.toml";
const apt = "export DEBIAN_FRONTEND=noninteractive; apt-get -qq -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root";

for (const name of suites) {
  test(`Debian ${name}: installed with what it needs, upgraded, used, removed, purged`, () => {
    const root = join(scratch, name);
    done(["mmdebstrap", "--quiet", "--variant=apt", name, root]);
    writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    for (const place of Object.values(kept)) done(["cp", named(place, /[.]deb$/), join(root, "root")]);
    inRoot(root, `${apt} update; ${apt} install -y /root/mondo_*-1_amd64.deb linux-image-amd64 >/dev/null`);
    inRoot(
      root,
      `mondo version; test -s /usr/share/man/man8/mondo.8.gz; printf '[jobs.own]\\ndir = "/srv"\\n' >>${CONFIG}; mondo config check`,
    );
    inRoot(root, `${apt} install -y /root/mondo_*-2_amd64.deb >/dev/null; grep -q '^.jobs.own.' ${CONFIG}`);
    assert.match(inRoot(root, "dpkg-query -W mondo").out, /-2$/m);
    const image = "mondoarchive -O -V -i -d /srv/b -p t --root /usr/share -k /boot/vmlinuz-*";
    inRoot(
      root,
      `mkdir /srv/b /srv/x; ${image}; mondo verify /srv/b/t-1.iso; mondo extract /srv/b/t-1.iso / --to /srv/x`,
    );
    inRoot(root, "diff -r --no-dereference /usr/share /srv/x");
    const ours = "find / -xdev -name '*mondo*' -not -path '/root/*' -not -path '/srv/*' -not -path '/var/lib/dpkg/*'";
    inRoot(root, `${apt} remove -y mondo >/dev/null; test -e ${CONFIG}; test ! -e /usr/sbin/mondo`);
    const left = inRoot(
      root,
      `${apt} purge -y mondo >/dev/null; ${ours} -not -path '/var/cache/apt/*' -not -path '/proc/*'`,
    ).out;
    assert.is(left, "");
    rmSync(root, { recursive: true, force: true });
  });
}

test("rpm below a root of its own: installed, intact, upgraded with settings kept, removed", () => {
  const root = join(scratch, "rpm-root");
  mkdirSync(root);
  const rpm = (...words: string[]) => done(["rpm", "--root", root, ...words]);
  // Of this Debian's programs the root has none: neither what it needs, nor a shell for its scripts.
  const alone = ["--nodeps", "--noscripts", "--nosignature"];
  rpm("--initdb");
  rpm(...alone, "-i", named(kept.old, /[.]rpm$/));
  assert.is(rpm("-V", "--nodeps", "mondo").out, "");
  assert.match(done([join(root, "usr/sbin/mondo"), "version"]).out, /xz decoder: works\nzst decoder: works/);
  writeFileSync(join(root, CONFIG), "[jobs.own]\n");
  rpm(...alone, "-U", named(kept.young, /[.]rpm$/));
  assert.match(rpm("-q", "mondo").out, /^mondo-[\d.]+-2\.x86_64$/m);
  assert.is(readFileSync(join(root, CONFIG), "utf8"), "[jobs.own]\n");
  rpm("--nodeps", "--noscripts", "-e", "mondo");
  assert.not(existsSync(join(root, "usr/sbin/mondo")) || existsSync(join(root, "usr/share/doc/mondo")));
  assert.ok(existsSync(join(root, `${CONFIG}.rpmsave`)), "changed settings are put aside");
});

test("make uninstall takes back what make install brought", () => {
  const place = join(scratch, "installed");
  done(["make", "-s", "install", `DESTDIR=${place}`], repository);
  done(["make", "-s", "uninstall", `DESTDIR=${place}`], repository);
  assert.is(done(["find", place, "-not", "-type", "d"]).out, "");
});

test.run();
