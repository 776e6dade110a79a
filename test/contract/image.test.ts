import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { decodeCpio } from "../../src/formats/archive/cpio.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { chooseKernel } from "../../src/image/choose-kernel.ts";
import { copyPath, findWithin } from "../../src/image/copy.ts";
import { LibraryCloser } from "../../src/image/libraries.ts";
import { proveTools } from "../../src/image/prove.ts";
import { cachedGroup, packGroup } from "../../src/image/segments.ts";
import { addSkeleton } from "../../src/image/skeleton.ts";
import { addTools } from "../../src/image/tools.ts";
import { Tree } from "../../src/image/tree.ts";

const host = linuxHost();
const scratch = mkdtempSync(join(tmpdir(), "mondo-image-"));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const wish = (...names: string[]) => ({ names, optional: false });

function systemTree(names: readonly string[]): { tree: Tree; tools: string[] } {
  const tree = new Tree();
  addSkeleton(host, "", tree);
  const libraries = new LibraryCloser(host, "", tree);
  const tools = addTools(
    host,
    "",
    tree,
    libraries,
    names.map((name) => wish(name)),
  );
  libraries.addForExecutable();
  tree.addMergedUsr();
  return { tree, tools };
}

test("addTools() brings a program's libraries and loader along: it starts in the tree alone", async () => {
  const { tree, tools } = systemTree(["bash", "ls", "mount"]);
  assert.ok(tree.has("/lib64/ld-linux-x86-64.so.2"));
  assert.ok(tree.entries().some(([path]) => path.endsWith("/libc.so.6")));
  await proveTools(host, tree, tools, scratch);
});

test("proveTools() names a tool whose library is not there", async () => {
  const { tree, tools } = systemTree(["bash", "ls"]);
  const poorer = new Tree();
  for (const [path, node] of tree.entries()) if (!/\/libtinfo\.so/.test(path)) poorer.add(path, node);
  let error: unknown;
  await proveTools(host, poorer, tools, scratch).catch((thrown: unknown) => {
    error = thrown;
  });
  assert.is((error as MondoError).code, "tool-missing");
  assert.match((error as MondoError).message, /bash: .*libtinfo/);
  assert.equal(
    host.list(scratch).filter((name) => name.startsWith("prove-")),
    [],
  );
});

test("addTools() names all missing tools and their packages at once", () => {
  const tree = new Tree();
  const add = () =>
    addTools(host, "", tree, new LibraryCloser(host, "", tree), [wish("no-such-a"), wish("no-such-b"), wish("bash")]);
  assert.throws(add, (e: MondoError) => e.code === "tool-missing" && /no-such-a, no-such-b/.test(e.message));
});

test("addTools() brings the interpreter of a script", () => {
  const root = join(scratch, "scripts");
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  writeFileSync(join(root, "usr/bin/tool"), "#!/usr/bin/env inner\n", { mode: 0o755 });
  writeFileSync(join(root, "usr/bin/env"), "#!/usr/bin/inner\n", { mode: 0o755 });
  writeFileSync(join(root, "usr/bin/inner"), "", { mode: 0o755 });
  const tree = new Tree();
  addTools(host, root, tree, new LibraryCloser(host, root, tree), [wish("tool")]);
  assert.ok(tree.has("usr/bin/inner"));
  assert.ok(tree.has("usr/bin/env"));
});

test("copyPath() keeps a chain of links, and follows them inside the root only", () => {
  const root = join(scratch, "links");
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  mkdirSync(join(root, "etc/alternatives"), { recursive: true });
  symlinkSync("usr/bin", join(root, "bin"));
  symlinkSync("/etc/alternatives/vi", join(root, "usr/bin/vi"));
  symlinkSync("/bin/vim.tiny", join(root, "etc/alternatives/vi"));
  writeFileSync(join(root, "usr/bin/vim.tiny"), "x", { mode: 0o4755 });
  const tree = new Tree();
  assert.is(copyPath(host, root, tree, "/bin/vi"), "/usr/bin/vim.tiny");
  assert.equal(tree.get("usr/bin/vi"), { kind: "link", target: "/etc/alternatives/vi" });
  assert.equal(tree.get("etc/alternatives/vi"), { kind: "link", target: "/bin/vim.tiny" });
  assert.equal(tree.get("usr/bin/vim.tiny"), { kind: "file", source: `${root}/usr/bin/vim.tiny`, mode: 0o755 });
});

test("findWithin() of a loop or a dangling link is undefined", () => {
  const root = join(scratch, "loops");
  mkdirSync(root, { recursive: true });
  symlinkSync("b", join(root, "a"));
  symlinkSync("a", join(root, "b"));
  symlinkSync("../../../../nowhere", join(root, "c"));
  for (const path of ["/a", "/b", "/c", "/none"]) assert.is(findWithin(host, root, path), undefined);
});

test("packGroup() gives the same bytes again, unpacks to the tree, and cachedGroup() finds them until a file changes", async () => {
  const source = join(scratch, "source");
  writeFileSync(source, "one");
  const cache = join(scratch, "cache");
  const make = () => {
    const tree = new Tree();
    tree.add("etc/x", { kind: "file", source, mode: 0o640 });
    tree.add("etc/y", { kind: "link", target: "x" });
    return { name: "test", tree, level: 3, cached: true } as const;
  };
  const first = await packGroup(host, cache, make());
  assert.is(first.packed.byteLength % 4, 0);
  const entries = decodeCpio(Bun.zstdDecompressSync(first.packed.slice()));
  assert.equal(
    entries.map(({ path, kind, mode }) => [path, kind, mode]),
    [
      ["etc", "directory", 0o755],
      ["etc/x", "file", 0o640],
      ["etc/y", "symlink", 0o777],
    ],
  );
  const again = cachedGroup(host, cache, make());
  assert.ok(again?.fromCache);
  assert.is(Buffer.compare(again?.packed ?? new Uint8Array(), first.packed), 0);
  assert.is(again?.rawBytes, first.rawBytes);
  writeFileSync(source, "three");
  assert.is(cachedGroup(host, cache, make()), undefined);
});

test("cachedGroup() takes a damaged file for none", async () => {
  const cache = join(scratch, "damaged");
  const tree = new Tree();
  tree.add("a", { kind: "bytes", bytes: new Uint8Array([1, 2, 3]), mode: 0o644 });
  const group = { name: "test", tree, level: 3, cached: true } as const;
  await packGroup(host, cache, group);
  const [name = ""] = host.list(cache);
  const bytes = readFileSync(join(cache, name));
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  writeFileSync(join(cache, name), bytes);
  assert.is(cachedGroup(host, cache, group), undefined);
});

test("chooseKernel() says what is wrong with a named kernel", async () => {
  const ask = (kernel: string) =>
    chooseKernel(host, { root: "", kernel, cacheDirectory: scratch }, silentReporter).then(
      () => "nothing",
      (error: MondoError) => `${error.code}: ${error.message}`,
    );
  assert.match(await ask("/no/kernel"), /^no-kernel: the kernel \/no\/kernel does not exist/);
  assert.match(await ask("/bin/bash"), /^no-kernel: \/bin\/bash is not a Linux kernel/);
});

test.run();
