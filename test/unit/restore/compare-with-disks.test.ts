import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../src/archive/set/manifest.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { requireOwnCatalog, writeList } from "../../../src/restore/compare-with-disks.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { emptyManifest } from "../../support/empty-manifest.ts";
import { fakeHost } from "../../support/fake-host.ts";

/** A host that only writes below a directory. */
function hostThatWrites(directory: string) {
  const written: Record<string, string> = {};
  const write = (path: string, data: string | Uint8Array, mode?: number) => {
    if (!path.startsWith(directory)) throw new MondoError("no-space", "no space left");
    written[path] = `${mode?.toString(8)} ${data}`;
  };
  return { host: { ...fakeHost(), write }, written };
}

test("writeList() writes where there is room, for root alone", () => {
  const { host, written } = hostThatWrites("/tmp/");
  assert.is(writeList(host, ["/a: content", "/b: mode"]), "/tmp/changed.txt");
  assert.equal(written, { "/tmp/changed.txt": "600 /a: content\n/b: mode\n" });
});

test("writeList() goes elsewhere when /tmp is full, and never ends a comparison", () => {
  assert.is(writeList(hostThatWrites("/run/").host, ["/a"]), "/run/mondo/changed.txt");
  assert.is(writeList(hostThatWrites("/nowhere").host, ["/a"]), "the log");
});

test("requireOwnCatalog() reads the catalog where sets must be signed, and warns of one that isn't", async () => {
  const directory = mkdtempSync(join(tmpdir(), "mondo-own-catalog-"));
  const catalog = {
    name: "catalog.mcat.zst",
    sizeBytes: 4,
    sha256: new Bun.CryptoHasher("sha256").update("list").digest("hex"),
  };
  const warned: string[] = [];
  const reporter = { ...silentReporter, warn: (text: string) => void warned.push(text) };
  const base = decodeManifest(emptyManifest("web1"), "m");
  const context = { reporter, setDirectory: directory, manifest: { ...base, catalog } } as unknown as RestoreContext;
  const trusted = [{ bytes: new Uint8Array(32), line: "ssh-ed25519 AAAA" }];
  try {
    writeFileSync(join(directory, catalog.name), "evil");
    await requireOwnCatalog(context);
    const error = await requireOwnCatalog({ ...context, trusted }).catch((caught) => caught);
    assert.match(error.message, /catalog\.mcat\.zst does not have the checksum/);
    writeFileSync(join(directory, catalog.name), "list");
    await requireOwnCatalog({ ...context, trusted });
    assert.match(warned.at(-1) ?? "", /web1.*is not signed: whoever could write to it may have changed it$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.run();
