import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  encodeModulesDep,
  filterModuleLines,
  moduleNameOf,
  parseBuiltin,
  parseModulesDep,
  parseSoftDependencies,
} from "../../../../src/formats/boot/module-lists.ts";

test("moduleNameOf() knows every suffix and makes - and _ the same", () => {
  assert.is(moduleNameOf("kernel/drivers/hid/hid-generic.ko.xz"), "hid_generic");
  assert.is(moduleNameOf("kernel/fs/ext4/ext4.ko"), "ext4");
  assert.is(moduleNameOf("a/b.ko.zst"), "b");
  assert.is(moduleNameOf("a/b.ko.gz"), "b");
});

test("parseModulesDep() and encodeModulesDep() keep paths and needs", () => {
  const text = "kernel/a.ko.xz: kernel/b.ko.xz kernel/c.ko.xz\nkernel/b.ko.xz:\n";
  const modules = parseModulesDep(text);
  assert.equal([...modules.keys()], ["a", "b"]);
  assert.equal(modules.get("a")?.needs, ["kernel/b.ko.xz", "kernel/c.ko.xz"]);
  assert.is(
    encodeModulesDep([...modules.values()], (path) => path),
    text,
  );
  assert.is(
    encodeModulesDep([...modules.values()], (path) => path.replace(".xz", "")),
    "kernel/a.ko: kernel/b.ko kernel/c.ko\nkernel/b.ko:\n",
  );
});

test("parseSoftDependencies() takes what comes before and after", () => {
  const soft = parseSoftDependencies(
    "# x\nsoftdep btrfs pre: crc32c xxhash-generic post: raid6\nsoftdep btrfs pre: zstd\n",
  );
  assert.equal(soft.get("btrfs"), ["crc32c", "xxhash_generic", "raid6", "zstd"]);
});

test("parseBuiltin() gives names", () => {
  assert.ok(parseBuiltin("kernel/drivers/tty/serial/8250/8250.ko\nkernel/fs/proc-fs.ko\n").has("proc_fs"));
});

test("filterModuleLines() keeps aliases and soft dependencies of the modules on board", () => {
  const text = "# Aliases\nalias pci:v*d* e1000\nalias fs-ext4 ext4\nsoftdep e1000 pre: x\n";
  assert.is(
    filterModuleLines(text, (name) => name === "e1000"),
    "# Aliases\nalias pci:v*d* e1000\nsoftdep e1000 pre: x\n",
  );
});

test.run();
