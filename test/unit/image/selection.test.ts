import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../../src/base/errors.ts";
import { parseBuiltin, parseModulesDep, parseSoftDependencies } from "../../../src/formats/boot/module-lists.ts";
import { missingOptions, parseKernelConfig } from "../../../src/image/kernel-options.ts";
import { type ModuleIndex, selectModules } from "../../../src/image/modules.ts";
import { secretIn } from "../../../src/image/secrets.ts";
import { baseTools } from "../../../src/image/tools.ts";

const index: ModuleIndex = {
  version: "6.1.0",
  directory: "/lib/modules/6.1.0",
  modules: parseModulesDep(
    [
      "kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libata.ko",
      "kernel/drivers/ata/libata.ko:",
      "kernel/drivers/ata/pata-odd.ko:",
      "kernel/fs/btrfs/btrfs.ko: kernel/lib/xor.ko",
      "kernel/lib/xor.ko:",
      "kernel/crypto/crc32c_generic.ko:",
      "kernel/sound/snd.ko:",
    ].join("\n"),
  ),
  soft: parseSoftDependencies("softdep btrfs pre: crc32c-generic\n"),
  builtin: parseBuiltin("kernel/fs/ext4/ext4.ko\n"),
};
const names = (needed: string[], list: string) =>
  selectModules(index, needed, list).map(({ path }) => path.replace(/.*\/(.*)\.ko/, "$1"));

test("selectModules() takes directories without what is excluded, sorted by path", () => {
  assert.equal(names([], "drivers/ata/\n-pata_odd # not this one\n"), ["ahci", "libata"]);
});

test("selectModules() adds dependencies, also excluded ones, and soft dependencies", () => {
  assert.equal(names(["btrfs"], "-xor\n"), ["crc32c_generic", "btrfs", "xor"]);
});

test("selectModules() is content with what is built in and names what is nowhere", () => {
  assert.equal(names(["ext4"], ""), []);
  assert.throws(
    () => names(["zfs"], ""),
    (e: MondoError) => e.code === "kernel-option" && e.message.includes("zfs") && e.message.includes("6.1.0"),
  );
});

test("missingOptions() takes y for m, m only with its module, and never m for y", () => {
  const config = parseKernelConfig(
    'CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=m\n# CONFIG_D is not set\nCONFIG_E=m\nCONFIG_S="x"\n',
  );
  const fragment = "CONFIG_A=m # nothing\nCONFIG_B=m # btrfs\nCONFIG_C=m # absent\nCONFIG_D=y\nCONFIG_E=y\n";
  assert.equal(missingOptions(config, fragment, index), ["CONFIG_C=m", "CONFIG_D=y", "CONFIG_E=y"]);
});

test("baseTools() reads names, alternatives and the question mark", () => {
  assert.equal(baseTools("# x\nbash\nvi|nano? # editor\n"), [
    { names: ["bash"], optional: false },
    { names: ["vi", "nano"], optional: true },
  ]);
});

test("baseTools() of the real list wants a shell, and no name twice", () => {
  const all = baseTools().flatMap((wish) => wish.names);
  assert.ok(all.includes("bash"));
  assert.equal(
    all.filter((name, at) => all.indexOf(name) !== at),
    [],
  );
});

const bytes = (text: string) => new TextEncoder().encode(text);

test("secretIn() finds private keys, password hashes and tokens", () => {
  assert.is(secretIn("etc/x.pem", bytes("-----BEGIN RSA PRIVATE KEY-----\nMIIE")), "a private key");
  assert.is(secretIn("a", bytes("-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3Bl")), "a private key");
  assert.is(secretIn("a", bytes("root:$y$j9T$abcdefghijk$xyz:19000:0:::::\n")), "a password hash");
  assert.is(secretIn("a", bytes("key AKIAABCDEFGHIJKLMNOP\n")), "an access token");
  assert.is(secretIn("etc/shadow", bytes("root:*::\n")), "a file of secrets");
  assert.is(secretIn("etc/ssh/ssh_host_ed25519_key", bytes("x")), "a file of secrets");
});

test("secretIn() leaves certificates, accounts and programs alone", () => {
  assert.is(secretIn("etc/x.pem", bytes("-----BEGIN CERTIFICATE-----\nMIIE")), undefined);
  assert.is(secretIn("etc/passwd", bytes("root:x:0:0:root:/root:/bin/bash\n")), undefined);
  assert.is(secretIn("usr/bin/ssh", bytes("\x7fELF-----BEGIN RSA PRIVATE KEY-----\nMIIE")), undefined);
});

test.run();
