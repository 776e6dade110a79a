import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseModulesDep } from "../../../src/formats/boot/module-lists.ts";
import { parseModprobeConfig } from "../../../src/modules/modprobe-config.ts";
import { indexAliases } from "../../../src/modules/module-aliases.ts";
import { type ModuleLists, moduleLoader } from "../../../src/modules/module-loader.ts";
import { matchPattern, normalizeAlias } from "../../../src/modules/module-pattern.ts";

const patterns: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ["", "", true],
  ["*", "", true],
  ["a*", "abc", true],
  ["a*c", "abcbc", true],
  ["a*c", "abcb", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["dmi*:svn*", "dmi:bvnX:svnDell", true],
  ["x[0-9]y", "x5y", true],
  ["x[0-9]y", "xay", false],
  ["x[!0-9]y", "xay", true],
  ["x[]]y", "x]y", true],
  ["usb:v1234p[A-F]*", "usb:v1234pBEEF", true],
  ["x[", "x[", false],
  ["abc", "abcd", false],
];
for (const [pattern, text, matches] of patterns) {
  test(`matchPattern("${pattern}", "${text}") is ${matches}`, () => assert.is(matchPattern(pattern, text), matches));
}

test("matchPattern() stays fast on a pattern of stars", () => {
  const began = performance.now();
  assert.not(matchPattern(`${"a*".repeat(200)}b`, "a".repeat(2000)));
  assert.ok(performance.now() - began < 1000);
});

test("normalizeAlias() takes - for _ but not in brackets", () => {
  assert.is(normalizeAlias("of:N*T*Cfoo-bar[0-9]-x"), "of:N*T*Cfoo_bar[0-9]_x");
});

const aliasText = `# Aliases extracted from modules themselves.
alias pci:v00008086d0000100Esv*sd*bc*sc*i* e1000
alias pci:v00008086d*sv*sd*bc02sc00i* generic-net
alias pci:v*d*sv*sd*bc01sc06i01* ahci
alias fs-xfs xfs
alias crc32c crc32c_intel
alias crc32c crc32c_generic
`;

test("lookUp() gives each module that a modalias matches, once", () => {
  const index = indexAliases(aliasText);
  assert.is(index.size, 6);
  assert.equal(index.lookUp("pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00\n").sort(), [
    "e1000",
    "generic_net",
  ]);
  assert.equal(index.lookUp("pci:v00008086d00002922sv1sd1bc01sc06i01"), ["ahci"]);
  assert.equal(index.lookUp("fs-xfs"), ["xfs"]);
  assert.equal(index.lookUp("fs_xfs"), ["xfs"]);
  assert.equal(index.lookUp("pci:v1"), []);
});

test("parseModprobeConfig() reads options, blacklists, soft dependencies, refusals and continued lines", () => {
  const config = parseModprobeConfig(
    [
      "options usb-storage \\\n delay_use=5\nblacklist i2c-piix4\ninstall floppy /bin/false\ninstall x /sbin/modprobe y\n",
      "softdep ext4 pre: crc32c post: other-mod\nalias eth0 e1000\n# blacklist no\n",
    ],
    new Map([
      ["usb_storage", ["quirks=1:2:u"]],
      ["modprobe", ["blacklist=a,b-c"]],
    ]),
  );
  assert.equal(config.options.get("usb_storage"), ["delay_use=5", "quirks=1:2:u"]);
  assert.equal([...config.blacklist], ["i2c_piix4", "a", "b_c"]);
  assert.equal([...config.refused], ["floppy"]);
  assert.equal(config.softBefore.get("ext4"), ["crc32c"]);
  assert.equal(config.softAfter.get("ext4"), ["other_mod"]);
  assert.is(config.aliases, "alias eth0 e1000");
});

const depText = `kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/mbcache.ko.xz kernel/fs/jbd2/jbd2.ko.xz
kernel/lib/crc16.ko.xz:
kernel/fs/mbcache.ko.xz:
kernel/fs/jbd2/jbd2.ko.xz:
kernel/crypto/crc32c_generic.ko.xz:
kernel/drivers/net/e1000.ko.xz:
kernel/a.ko:
kernel/b.ko:
`;

/** A kernel that records what it is given; `refuses` maps a module's file to an error number. */
function fakeKernel(refuses: Readonly<Record<string, number>> = {}) {
  const inserted: string[] = [];
  return {
    inserted,
    isLoaded: (name: string) => name === "already",
    insert: async (path: string, parameters: string) => {
      inserted.push(`${path.replace(/^.*\//, "")} ${parameters}`.trim());
      return refuses[path.replace(/^.*\//, "")] ?? 0;
    },
  };
}

function lists(config = "", denied: readonly string[] = []): ModuleLists {
  return {
    modules: parseModulesDep(depText),
    builtin: new Set(["loop"]),
    config: parseModprobeConfig([config]),
    denied: new Set(denied),
    resolve: indexAliases(aliasText).lookUp,
  };
}

test("load() inserts soft dependencies, then dependencies deepest first, then the module with its options", async () => {
  const kernel = fakeKernel();
  const loader = moduleLoader(lists("softdep ext4 pre: crc32c\noptions ext4 debug=1"), kernel);
  assert.equal(await loader.load("ext4"), { module: "ext4", result: "loaded" });
  assert.equal(kernel.inserted, [
    "crc32c_generic.ko.xz",
    "jbd2.ko.xz",
    "mbcache.ko.xz",
    "crc16.ko.xz",
    "ext4.ko.xz debug=1",
  ]);
});

test("load() asks the kernel once for a module, and for none that is there", async () => {
  const kernel = fakeKernel();
  const loader = moduleLoader(lists(), kernel);
  await loader.load("e1000");
  await loader.load("e1000");
  assert.is((await loader.load("loop")).result, "present");
  assert.is((await loader.load("already")).result, "present");
  assert.equal(kernel.inserted, ["e1000.ko.xz"]);
});

test("load() names the dependency that failed, and its reason", async () => {
  const loader = moduleLoader(lists(), fakeKernel({ "jbd2.ko.xz": 8 }));
  const outcome = await loader.load("ext4");
  assert.is(outcome.result, "failed");
  assert.match("because" in outcome ? outcome.because : "", /it needs jbd2: it was built for another kernel/);
});

test("load() takes EEXIST for success", async () => {
  assert.is((await moduleLoader(lists(), fakeKernel({ "e1000.ko.xz": 17 })).load("e1000")).result, "loaded");
});

test("load() keeps blacklists for devices only, denials for all", async () => {
  const kernel = fakeKernel();
  const loader = moduleLoader(lists("blacklist e1000", ["jbd2"]), kernel);
  assert.is((await loader.load("e1000", "by-device")).result, "denied");
  assert.is((await loader.load("e1000", "by-name")).result, "loaded");
  assert.is((await loader.load("ext4")).result, "failed");
  assert.equal(kernel.inserted, ["e1000.ko.xz"]);
});

test("load() follows aliases and says what is not on the image", async () => {
  const loader = moduleLoader(lists(), fakeKernel());
  assert.equal(await loader.load("crc32c"), { module: "crc32c", result: "loaded" });
  assert.is((await loader.load("fs-xfs")).result, "missing");
  assert.is((await loader.load("nonsense")).result, "missing");
});

test("load() survives soft dependencies that go round in a circle", async () => {
  const kernel = fakeKernel();
  const loader = moduleLoader(lists("softdep a pre: b\nsoftdep b pre: a"), kernel);
  assert.is((await loader.load("a")).result, "loaded");
  assert.equal(kernel.inserted, ["b.ko", "a.ko"]);
});

test("load() tries again when a person asks again after a failure", async () => {
  const kernel = fakeKernel({ "a.ko": 12 });
  const loader = moduleLoader(lists(), kernel);
  await loader.load("a", "by-device");
  await loader.load("a", "by-device");
  await loader.load("a", "by-name");
  assert.equal(kernel.inserted, ["a.ko", "a.ko"]);
});

test.run();
