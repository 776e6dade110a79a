import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { imageRequestOf, needsOf } from "../../../src/backup/image-request.ts";
import { readIdentity } from "../../../src/init/image-identity.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import { fakeHost } from "../../support/fake-host.ts";

const BOOT_JSON = "etc/mondo/boot.json";

const mirrored = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-md-lvm/layout.json"), "utf8"),
) as Layout;
const modulesOf = (nodes: readonly LayoutNode[]) =>
  needsOf({ version: 1, nodes }).flatMap(({ modules }) =>
    modules.filter((name) => /^(dm_|md_|raid|linear)/.test(name)),
  );

test("needsOf() of LVM on a mirror asks for the modules of these, and for none of another level", () => {
  assert.equal(modulesOf(mirrored.nodes).sort(), ["dm_mod", "md_mod", "raid1"]);
});

test("needsOf() of other levels and of thin pools asks for theirs", () => {
  const other = mirrored.nodes.map((node): LayoutNode => {
    if (node.kind === "raid") return { ...node, level: "raid6" };
    if (node.kind !== "volume-group") return node;
    return { ...node, metadata: node.metadata.replace(/type = "striped"/, 'type = "thin-pool"') };
  });
  assert.equal(modulesOf(other).sort(), ["dm_mod", "dm_thin_pool", "md_mod", "raid456"]);
});

test("needsOf() of a machine without volumes asks for none of their modules", () => {
  assert.equal(modulesOf(mirrored.nodes.filter((node) => node.kind === "disk")), []);
});

test("imageRequestOf() of a signed set brings the public key, of another one nothing", () => {
  const seed = { set: "s", host: "h", created: 1 };
  const options = { kernel: undefined, outputDirectory: "/o", cacheDirectory: "/c", executable: "/m" };
  const files = (key?: string) => imageRequestOf({ version: 1, nodes: [] }, seed, options, key).files;
  const text = (bytes: string | Uint8Array | undefined) => Buffer.from(bytes ?? "").toString();
  assert.is(text(files("ssh-ed25519 AAAA")?.get("etc/mondo/trusted-keys")), "ssh-ed25519 AAAA\n");
  assert.is(files()?.has("etc/mondo/trusted-keys"), false);
});

test("imageRequestOf() brings the places of copies, and what their protocols need", () => {
  const copies = [{ source: "https://web/sets/web1-1.iso" }, { source: "sftp://joe@nas/b", knownHosts: "k" }];
  const seed = { set: "s", host: "h", created: 1, copies };
  const options = { kernel: undefined, outputDirectory: "/o", cacheDirectory: "/c", executable: "/m" };
  const { files, needs } = imageRequestOf({ version: 1, nodes: [] }, seed, options);
  const boot = JSON.parse(Buffer.from(files?.get("etc/mondo/boot.json") ?? "").toString());
  assert.equal(boot.copies, copies);
  assert.ok(needs.some(({ tools }) => tools.includes("ssh")));
});

test("imageRequestOf() tells the rescue system which modules were forced and denied", () => {
  const seed = { set: "s", host: "h", created: 1 };
  const options = { kernel: undefined, outputDirectory: "/o", cacheDirectory: "/c", executable: "/m" };
  const identityWith = (modules: { readonly force: string[]; readonly deny: string[] }) => {
    const additions = { deplists: undefined, modules };
    const bytes = imageRequestOf({ version: 1, nodes: [] }, seed, { ...options, additions }).files.get(BOOT_JSON);
    return readIdentity(fakeHost({ files: { [`/${BOOT_JSON}`]: Buffer.from(bytes ?? "").toString() } })).modules;
  };
  assert.equal(identityWith({ force: ["aacraid"], deny: ["nouveau"] }), { force: ["aacraid"], deny: ["nouveau"] });
  assert.is(identityWith({ force: [], deny: [] }), undefined);
});

test.run();
