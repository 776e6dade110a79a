import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const test = suite("the executable alone");
const root = mkdtempSync(join(tmpdir(), "mondo-alone-"));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** Copies a file to its own path below the empty root. */
function bring(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(path, join(root, path));
}

test("it runs under all its names in an empty root with nothing but C libraries, and loads both addons without /tmp", () => {
  const libraries = call(["ldd", executable]).out.match(/\/\S+/g) ?? [];
  const addons = ["libstdc++.so.6", "libgcc_s.so.1", "librt.so.1"].map((name) => `/lib/x86_64-linux-gnu/${name}`);
  for (const path of [...libraries, ...addons]) {
    if (path.includes(".so")) bring(path);
  }
  mkdirSync(join(root, "proc"));
  copyFileSync(executable, join(root, "mondo"));
  const run = (name: string, word: string) =>
    call(["unshare", "--mount", "sh", "-ec", `mount -t proc none ${root}/proc; exec chroot ${root} /${name} ${word}`]);
  const version = run("mondo", "--version");
  assert.match(version.out, /^mondo \d+\.\d+\.\d+ \(commit [0-9a-f]{12}\+?, Bun \d+\.\d+\.\d+\)\n$/, version.err);
  for (const name of ["mondoarchive", "mondorestore", "mindi"]) {
    symlinkSync("mondo", join(root, name));
    assert.is(run(name, "--version").out, version.out);
    assert.match(run(name, "--help").out, new RegExp(`^Usage: mondo (archive|restore|image)[^]*${name} `));
  }
  const decoders = run("mondo", "version");
  assert.is(decoders.out, `${version.out}xz decoder: works\nzst decoder: works\ngz decoder: works\n`, decoders.err);
  assert.not(existsSync(join(root, "tmp")));
});

test("/tmp without execution, and with somebody's files under the names that Bun would unpack to, is left alone", () => {
  const planted = "/tmp/.bun-0-9fe7757c69838e55.node /tmp/.bun-0-e32241e14876e38c.node";
  const tmp = `mount -t tmpfs -o noexec none /tmp; touch ${planted}`;
  const script = `mount --bind $0 /mnt; ${tmp}; TMPDIR=/nonexistent /mnt/mondo version; ls -A /tmp`;
  const { out, err } = call(["unshare", "--mount", "sh", "-ec", script, dirname(executable)]);
  assert.match(out, /\nxz decoder: works\nzst decoder: works\n/, err);
  assert.equal(out.trimEnd().split("\n").slice(-2), planted.replaceAll("/tmp/", "").split(" "));
});

test.run();
