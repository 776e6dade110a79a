import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseModulesDep } from "../../../src/formats/boot/module-lists.ts";
import { parseModprobeConfig } from "../../../src/modules/modprobe-config.ts";
import { indexAliases } from "../../../src/modules/module-aliases.ts";
import { type ModuleLists, moduleLoader } from "../../../src/modules/module-loader.ts";

const aliasText = "alias fs-xfs xfs\nalias crc32c crc32c_intel\nalias crc32c crc32c_generic\n";

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
    denied: new Map(denied.map((name) => [name, `${name} is denied`])),
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
