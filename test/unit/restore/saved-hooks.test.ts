/** Programs that a set brings for its restore: called where somebody wants them, as they were written, and signed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest, encodeManifest, type Manifest } from "../../../src/archive/set/manifest.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { sha256 } from "../../../src/host/compress.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { savedHooks } from "../../../src/restore/saved-hooks.ts";
import { runHooks } from "../../../src/run/run-hooks.ts";
import { emptyManifest } from "../../support/empty-manifest.ts";

const test = suite("programs of a set");
const set = mkdtempSync(join(tmpdir(), "mondo-saved-hooks-"));
const said = join(set, "said");
test.before.each(() => rmSync(said, { force: true }));
test.after(() => {
  rmSync(set, { recursive: true, force: true });
  rmSync("/run/mondo/hooks", { recursive: true, force: true });
});

const bare = decodeManifest(emptyManifest("web1"), "m");
const script = `#!/bin/sh
# mondo-moments: before-partition after-files
echo "$1 $MONDO_ROOT $MONDO_DISKS" >>${said}
`;
const written = (name: string, text = script) => {
  writeFileSync(join(set, name), text);
  return { name, sizeBytes: Buffer.byteLength(text), sha256: sha256(Buffer.from(text)) };
};

function contextOf(hooks: NonNullable<Manifest["hooks"]>, more: Partial<RestoreContext> = {}): RestoreContext {
  const manifest = { ...bare, hooks };
  const context = { host: linuxHost(), reporter: silentReporter, manifest, setDirectory: set, root: "/mnt/restore" };
  return { ...context, hooks: "call", ...more } as unknown as RestoreContext;
}

const refused = (work: () => unknown, pattern: RegExp) =>
  assert.throws(
    work,
    (error: unknown) => error instanceof MondoError && error.code === "refused" && pattern.test(error.message),
  );

/** What is written below /run needs root. */
const rootTest = process.getuid?.() === 0 ? test : test.skip;

rootTest("they are called at their moments, with the disks and where the system is mounted", async () => {
  const hooks = savedHooks(contextOf([written("hook-50-tell")]), ["/dev/sda"]);
  for (const moment of ["before-partition", "before-files", "after-files"] as const) {
    await runHooks(linuxHost(), hooks, moment, silentReporter);
  }
  assert.is(await Bun.file(said).text(), "before-partition /mnt/restore /dev/sda\nafter-files /mnt/restore /dev/sda\n");
});

rootTest("nothing is called where nobody wants it, nor of a set that must be signed and isn't", () => {
  const hooks = [written("hook-50-tell")];
  assert.equal(savedHooks(contextOf(hooks, { hooks: "no" }), []).found, []);
  const warned: string[] = [];
  const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
  assert.equal(savedHooks(contextOf(hooks, { trusted: [], reporter }), []).found, []);
  assert.match(warned.join(), /50-tell\) are not called: .* is not signed/);
});

rootTest("one that is not what was written, or is missing, is refused before anything is done", () => {
  const hook = written("hook-50-tell");
  writeFileSync(join(set, hook.name), script.replace("after-files", "after-fileS"));
  refused(() => savedHooks(contextOf([hook]), []), /hook-50-tell of the backup is missing, or is not what was written/);
  refused(() => savedHooks(contextOf([{ ...hook, name: "hook-51-gone" }]), []), /hook-51-gone .* missing/);
});

test("a manifest that names programs oddly is no manifest", () => {
  const hook = written("hook-50-tell");
  assert.equal(decodeManifest(encodeManifest({ ...bare, hooks: [hook] }), "m").hooks, [hook]);
  for (const name of ["50-tell", "hook-50-../x", "hook-x", "hook-50-a.b", `hook-50-${"a".repeat(300)}`]) {
    const manifest = { ...bare, hooks: [{ ...hook, name }] };
    assert.throws(() => decodeManifest(encodeManifest(manifest), "m"), /not a manifest this version reads/, name);
  }
  assert.throws(() => decodeManifest(encodeManifest({ ...bare, hooks: [hook, hook] }), "m"), /twice/);
});

test.run();
