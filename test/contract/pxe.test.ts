import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { dnsmasqFull, dnsmasqProxy, iscConfig, keaConfig } from "../../src/pxe/dhcp-configs.ts";
import { findPxeSet } from "../../src/pxe/find-set.ts";
import type { PxeLoaders } from "../../src/pxe/loaders.ts";
import { serveConfig } from "../../src/pxe/serve.ts";
import type { PxeSet } from "../../src/pxe/site.ts";
import { writePxeTree } from "../../src/pxe/write-tree.ts";
import { emptyManifest } from "../support/empty-manifest.ts";
import { needing } from "../support/needing.ts";
import { run } from "../support/shell.ts";
import { site as plain } from "../unit/pxe/site.ts";

const test = suite("pxe");
const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-pxe-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const loaders: PxeLoaders = { copies: new Map(), bios: false, signed: false, own: undefined };

/** Bytes that name a kernel version as a bzImage does. */
function kernelBytes(): Uint8Array {
  const bytes = new Uint8Array(3 << 20).fill(0x5a);
  bytes.set(new TextEncoder().encode("HdrS"), 0x202);
  bytes.set([0x00, 0x02], 0x20e);
  bytes.set(new TextEncoder().encode("6.1.0-test (a@b)\0"), 0x400);
  return bytes;
}

/** An ISO as mondoarchive writes it, but for its files. */
async function makeIso(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const tree = mkdtempSync(join(work, "tree-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(tree, path, ".."), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const iso = join(work, name);
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-r", "-o", iso, tree]);
  return iso;
}

const initrd = new Uint8Array(9 << 20).map((_, at) => at % 251);
const whole = {
  "mondo/manifest.json": emptyManifest("web1"),
  "boot/vmlinuz": kernelBytes(),
  "boot/initrd.img": initrd,
};

/** A site of the set in a directory below `work`. */
const siteOf = (set: PxeSet, name: string) => ({ ...plain, set, machines: [], directory: join(work, name) });
const write = (set: PxeSet, name: string, force = false) =>
  writePxeTree(host, siteOf(set, name), loaders, { force }, silentReporter);

test("writePxeTree() takes kernel and initrd out of the ISO, byte for byte", async () => {
  const set = findPxeSet(host, await makeIso("web1-1.iso", whole), undefined);
  assert.is(set.prefix, "web1");
  await write(set, "tftp");
  assert.ok(Buffer.from(whole["boot/vmlinuz"]).equals(readFileSync(join(work, "tftp/vmlinuz-mondo"))));
  assert.ok(Buffer.from(initrd).equals(readFileSync(join(work, "tftp/initrd-mondo.img"))));
  assert.match(readFileSync(join(work, "tftp/pxelinux.cfg/default"), "utf8"), /prefix=web1 /);
});

test("writePxeTree() keeps what was edited in its own tree as NAME.old", async () => {
  const set = findPxeSet(host, work, "web1");
  const file = join(work, "tftp/pxelinux.cfg/default");
  writeFileSync(file, "edited\n");
  await write(set, "tftp");
  assert.is(readFileSync(`${file}.old`, "utf8"), "edited\n");
  assert.match(readFileSync(file, "utf8"), /label restore_mondo/);
});

test("writePxeTree() refuses a directory with files of others, and writes nothing", async () => {
  mkdirSync(join(work, "foreign/grub"), { recursive: true });
  writeFileSync(join(work, "foreign/grub/grub.cfg"), "theirs\n");
  const set = findPxeSet(host, work, "web1");
  const refusal = await write(set, "foreign").then(
    () => "",
    (error: Error) => error.message,
  );
  assert.match(refusal, /foreign holds files that mondo pxe did not make: grub\/grub\.cfg/);
  assert.not.ok(existsSync(join(work, "foreign/vmlinuz-mondo")));
  await write(set, "foreign", true);
  assert.is(readFileSync(join(work, "foreign/grub/grub.cfg.old"), "utf8"), "theirs\n");
});

test("findPxeSet() names what is missing or wrong", async () => {
  const none = mkdtempSync(join(work, "none-"));
  assert.throws(() => findPxeSet(host, none, undefined), /has no \*-1\.iso: it holds no ISO/);
  assert.throws(() => findPxeSet(host, work, "web9"), /has no web9-1\.iso: it holds web1-1\.iso/);
  assert.throws(() => findPxeSet(host, join(work, "nothing.iso"), undefined), /nothing\.iso does not exist/);
  const { "boot/initrd.img": _, ...headless } = whole;
  const noInitrd = await makeIso("bad1.iso", headless);
  assert.throws(() => findPxeSet(host, noInitrd, undefined), /bad1\.iso holds no \/boot\/initrd\.img/);
  const noKernel = await makeIso("bad2.iso", { ...whole, "boot/vmlinuz": "x" });
  assert.throws(() => findPxeSet(host, noKernel, undefined), /vmlinuz of \S+bad2\.iso is not a kernel/);
  const cut = join(work, "cut-1.iso");
  writeFileSync(cut, readFileSync(join(work, "web1-1.iso")).subarray(0, 8 << 20));
  assert.throws(() => findPxeSet(host, cut, undefined), /cut-1\.iso is \d+ bytes long instead of \d+/);
  rmSync(cut);
});

const configs = [
  ["dnsmasqFull", dnsmasqFull(plain)],
  ["dnsmasqProxy", dnsmasqProxy(plain)],
  ["serveConfig", serveConfig(plain)],
] as const;
for (const [name, text] of configs) {
  test(`${name}() is what dnsmasq accepts`, async () => {
    const file = join(work, `${name}.conf`);
    writeFileSync(file, text);
    assert.match(await run(["dnsmasq", "--test", `--conf-file=${file}`]), /syntax check OK/);
  });
}

needing(test, Bun.which("dhcpd"))("iscConfig() is what dhcpd accepts", async () => {
  const file = join(work, "dhcpd.conf");
  writeFileSync(file, iscConfig(plain));
  await run(["dhcpd", "-t", "-cf", file]);
});

needing(test, Bun.which("kea-dhcp4"))("keaConfig() is what Kea accepts", async () => {
  const file = join(work, "kea.conf");
  writeFileSync(file, keaConfig({ ...plain, device: "lo" }));
  await run(["kea-dhcp4", "-t", file]);
});

test.run();
