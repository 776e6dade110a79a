import { test } from "uvu";
import * as assert from "uvu/assert";
import type { HttpPart } from "../../../../src/host/http.ts";
import { HttpTree, namesInIndex } from "../../../../src/shares/http/http-tree.ts";
import { fakeHost } from "../../../support/fake-host.ts";

const nothing: HttpPart = { status: 404, totalBytes: undefined, version: "", bytes: new Uint8Array(0) };

/** A server with these files; directories are forbidden or shown as it likes. */
function tree(
  files: Readonly<Record<string, string>>,
  more: { index?: string; statuses?: Record<string, number> } = {},
) {
  const asked: string[] = [];
  const wire = {
    host: fakeHost(),
    log: () => {},
    fetchText: async () => ({ status: 200, text: more.index ?? "" }),
    async fetchPart(url: string, offset: number, length: number): Promise<HttpPart> {
      const path = decodeURIComponent(url.replace("http://web/sets/", ""));
      asked.push(path);
      const status = more.statuses?.[path];
      if (status !== undefined) return { ...nothing, status };
      const text = files[path];
      if (text === undefined) return nothing;
      const bytes = new TextEncoder().encode(text);
      return { status: 206, totalBytes: bytes.byteLength, version: "1", bytes: bytes.slice(offset, offset + length) };
    },
  };
  return { open: (expected: string) => HttpTree.open(wire, "http://web/sets/", 2, expected), asked };
}

test("HttpTree asks with the query that its URL has, as signed URLs and tokens want it", async () => {
  const asked: string[] = [];
  const wire = {
    host: fakeHost(),
    log: () => {},
    fetchText: async (url: string) => {
      asked.push(url);
      return { status: 403, text: "" };
    },
    async fetchPart(url: string): Promise<HttpPart> {
      asked.push(url);
      return { status: 206, totalBytes: 1, version: "1", bytes: new Uint8Array(1) };
    },
  };
  const remote = await HttpTree.open(wire, "https://web/b?sig=a%2Fb", 2, "m 1.iso");
  await remote.read("m 1.iso", 0, 1);
  await remote.list("");
  assert.equal([...new Set(asked)].slice(0, 2), ["https://web/b/m%201.iso?sig=a%2Fb", "https://web/b/?sig=a%2Fb"]);
});

test("HttpTree lists the images that follow a known one on a server that shows no directories", async () => {
  const { open } = tree({ "m-1.iso": "a", "m-2.iso": "b", "m-4.iso": "c", "m-7.iso": "d", "m1-1.iso": "e" });
  assert.equal(await (await open("m-1.iso")).list(""), ["m-1.iso", "m-2.iso", "m-4.iso"]);
});

test("HttpTree takes for a directory what holds a manifest, however the server answers for directories", async () => {
  const files = { "web1/manifest.json": "{}", "web2/mondo/manifest.json": "{}" };
  for (const status of [200, 403, 404]) {
    const remote = await tree(files, { statuses: { web1: status, web2: status, other: status } }).open("web1-1.iso");
    assert.is((await remote.stat("web1"))?.isDirectory, true, `web1 ${status}`);
    assert.is((await remote.stat("web2/mondo"))?.isDirectory, true, `web2 ${status}`);
    assert.is(await remote.stat("other"), undefined, `other ${status}`);
  }
});

test("HttpTree waits for a server that is gone, but not for ever for one that only says that it fails", async () => {
  const { open, asked } = tree({ "m-1.iso": "a" }, { statuses: { odd: 500 } });
  const remote = await open("m-1.iso");
  const message = await remote.stat("odd").then(String, (error: Error) => error.message);
  assert.match(message, /http:\/\/web\/sets\/odd can't be read after 20 tries: it answers 500/);
  assert.is(asked.filter((path) => path === "odd").length, 20);
});

test("HttpTree reads files by name with blanks and signs, and says how large they are", async () => {
  const remote = await tree({ "a set/m #1-1.iso": "hello" }).open("x");
  assert.is((await remote.stat("a set/m #1-1.iso"))?.sizeBytes, 5);
  assert.is(new TextDecoder().decode(await remote.read("a set/m #1-1.iso", 1, 100)), "ello");
});

test("HttpTree.open() tells why the server gives nothing away, but not that a file is missing", async () => {
  const problem = (status: number) =>
    tree({}, { statuses: { "m-1.iso": status } })
      .open("m-1.iso")
      .then(
        () => "",
        (error: Error) => error.message,
      );
  assert.match(await problem(401), /does not give http:\/\/web\/sets\/m-1\.iso away \(401\)/);
  assert.match(await problem(200), /can't give parts of a file/);
  assert.match(await problem(500), /after 2 tries: it answers 500/);
  assert.is(await problem(404), "");
});

test("namesInIndex() finds the names in the pages of usual servers", () => {
  const apache = `<a href="?C=N;O=D">Name</a> <a href="/">Parent Directory</a> <a href="web1-1.iso">web1-1.iso</a> <a href="old/">old/</a>`;
  assert.equal(namesInIndex(apache), ["web1-1.iso", "old"]);
  const nginx = `<a href="../">../</a>\r\n<a href="m%20%231-1.iso">m #1-1.iso</a> <a href='x.iso'>x</a><A HREF=y.iso>y</A><a href="%zz">z</a><a href="a%2Fb">s</a>`;
  assert.equal(namesInIndex(nginx), ["m #1-1.iso", "x.iso", "y.iso"]);
  assert.equal(namesInIndex(""), []);
});

test.run();
