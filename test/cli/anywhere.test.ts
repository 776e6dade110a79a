import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
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

test("it runs under all its names in an empty root with nothing but C libraries, and unpacks both addons", () => {
  const libraries = call(["ldd", executable]).out.match(/\/\S+/g) ?? [];
  const addons = ["libstdc++.so.6", "libgcc_s.so.1", "librt.so.1"].map((name) => `/lib/x86_64-linux-gnu/${name}`);
  for (const path of [...libraries, ...addons]) {
    if (path.includes(".so")) bring(path);
  }
  for (const name of ["proc", "tmp"]) mkdirSync(join(root, name));
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
  const unpacked = readdirSync(join(root, "tmp")).filter((name) => name.endsWith(".node"));
  assert.is(unpacked.length, 2, "the addons came out of the executable itself");
});

test.run();
