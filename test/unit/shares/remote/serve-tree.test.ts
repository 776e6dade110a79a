import { test } from "uvu";
import * as assert from "uvu/assert";
import { concatBytes, encodeText, viewOf } from "../../../../src/base/bytes.ts";
import { type RemoteStat, type RemoteTree, remoteError } from "../../../../src/shares/remote/remote-tree.ts";
import { TreeServer } from "../../../../src/shares/remote/serve-tree.ts";

const CODE = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  read: 15,
  write: 16,
  readdir: 28,
  unlink: 10,
  rename: 12,
  link: 13,
} as const;

/** A request as the kernel writes it. */
function request(operation: keyof typeof CODE, node: number, ...body: Uint8Array[]): Uint8Array {
  const head = new Uint8Array(40);
  const all = concatBytes([head, ...body]);
  const view = viewOf(all);
  view.setUint32(0, all.byteLength, true);
  view.setUint32(4, CODE[operation], true);
  view.setBigUint64(8, 77n, true);
  view.setBigUint64(16, BigInt(node), true);
  return all;
}
const name = (text: string) => encodeText(`${text}\0`);
function transfer(offset: number, length: number, data = new Uint8Array(0)): Uint8Array {
  const head = new Uint8Array(40);
  viewOf(head).setBigUint64(8, BigInt(offset), true);
  viewOf(head).setUint32(16, length, true);
  return concatBytes([head, data]);
}

const files: Readonly<Record<string, string>> = { "a-1.iso": "content", "dir/b": "other" };
const tree: RemoteTree = {
  async stat(path): Promise<RemoteStat | undefined> {
    if (path === "" || path === "dir") return { isDirectory: true, sizeBytes: 0, mtimeSeconds: 5 };
    const text = files[path];
    return text === undefined ? undefined : { isDirectory: false, sizeBytes: text.length, mtimeSeconds: 5 };
  },
  list: async (path) => (path === "" ? ["a-1.iso", "dir"] : ["b"]),
  async read(path, offset, length) {
    if (path === "dir/b") throw remoteError("io", "the server does not come back");
    return encodeText((files[path] ?? "").slice(offset, offset + length));
  },
};

/** The answer: its number of an error, and its body. */
async function ask(server: TreeServer, bytes: Uint8Array): Promise<{ errno: number; body: Uint8Array } | undefined> {
  const answer = await server.answer(bytes);
  if (!answer) return undefined;
  assert.is(viewOf(answer).getUint32(0, true), answer.byteLength);
  assert.is(viewOf(answer).getBigUint64(8, true), 77n);
  return { errno: -viewOf(answer).getInt32(4, true), body: answer.subarray(16) };
}
const nodeIn = (body: Uint8Array | undefined) => Number(viewOf(body ?? new Uint8Array(8)).getBigUint64(0, true));

test("TreeServer finds files by name, gives each one number, and reads by it", async () => {
  const server = new TreeServer(tree, () => {});
  const found = await ask(server, request("lookup", 1, name("a-1.iso")));
  assert.is(found?.errno, 0);
  const node = nodeIn(found?.body);
  assert.is(nodeIn((await ask(server, request("lookup", 1, name("a-1.iso"))))?.body), node);
  assert.is(Number(viewOf(found?.body ?? new Uint8Array(0)).getBigUint64(48, true)), 7, "its size");
  const read = await ask(server, request("read", node, transfer(3, 100)));
  assert.is(new TextDecoder().decode(read?.body), "tent");
});

test("TreeServer tells the kernel what went wrong by number, and a log by a sentence", async () => {
  const said: string[] = [];
  const server = new TreeServer(tree, (text) => said.push(text));
  assert.is((await ask(server, request("lookup", 1, name("nothing"))))?.errno, 2);
  const dir = nodeIn((await ask(server, request("lookup", 1, name("dir"))))?.body);
  const b = nodeIn((await ask(server, request("lookup", dir, name("b"))))?.body);
  assert.is((await ask(server, request("read", b, transfer(0, 10))))?.errno, 5);
  assert.equal(said, ["read: the server does not come back"]);
  assert.is((await ask(server, request("getattr", 4711)))?.errno, 116);
  assert.is((await ask(server, request("link", 1, name("x"))))?.errno, 38);
});

test("TreeServer lets nothing be written where the tree has no writer", async () => {
  const server = new TreeServer(tree, () => {});
  const node = nodeIn((await ask(server, request("lookup", 1, name("a-1.iso"))))?.body);
  for (const bytes of [
    request("write", node, transfer(0, 1, Uint8Array.of(1))),
    request("unlink", 1, name("a-1.iso")),
    request("rename", 1, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), name("a-1.iso"), name("c")),
  ]) {
    assert.is((await ask(server, bytes))?.errno, 30);
  }
});

test("TreeServer lists directories in as many pieces as the kernel has room for, and answers no forget", async () => {
  const server = new TreeServer(tree, () => {});
  const names: string[] = [];
  for (let offset = 0; ; ) {
    const body = (await ask(server, request("readdir", 1, transfer(offset, 40))))?.body ?? new Uint8Array(0);
    if (body.byteLength === 0) break;
    offset = Number(viewOf(body).getBigUint64(8, true));
    names.push(new TextDecoder().decode(body.subarray(24, 24 + viewOf(body).getUint32(16, true))));
  }
  assert.equal(names, [".", "..", "a-1.iso", "dir"]);
  assert.is(await ask(server, request("forget", 1, new Uint8Array(8))), undefined);
  assert.is(await ask(server, new Uint8Array(7)), undefined);
});

test.run();
