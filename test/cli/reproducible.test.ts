/** What is built doesn't depend on where: the addon and the packed part are compared by `make reproducible`. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { call, executable } from "../support/mondo.ts";

const test = suite("the build");
const repository = join(import.meta.dirname, "../..");
const top = mkdtempSync(join(tmpdir(), "mondo-build-"));
test.after(() => rmSync(top, { recursive: true, force: true }));

/** What a build reads, in another place; the same modules. Returns what was built there. */
function buildIn(place: string): Uint8Array {
  mkdirSync(place, { recursive: true });
  for (const part of ["src", "initrd", "kernel-config", "build.ts", "package.json", "tsconfig.json"]) {
    cpSync(join(repository, part), join(place, part), { recursive: true });
  }
  symlinkSync(realpathSync(join(repository, "node_modules")), join(place, "node_modules"));
  const { status, err } = call([process.execPath, "build.ts"], place);
  assert.is(status, 0, err);
  return readFileSync(join(place, "dist/mondo"));
}

test("no directory of the build is in the executable", () => {
  const bytes = readFileSync(executable);
  for (const path of [repository, realpathSync(join(repository, "node_modules"))]) {
    assert.is(bytes.indexOf(path), -1, path);
    assert.is(bytes.indexOf(Buffer.from(path, "utf16le")), -1, path);
  }
});

test("two directories give the same executable", () => {
  const first = buildIn(join(top, "a"));
  const second = buildIn(join(top, "another/place"));
  assert.ok(Buffer.compare(first, second) === 0, "the executables differ");
});

test.run();
