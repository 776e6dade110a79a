import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { redirectTarget } from "../../../src/host/follow-redirects.ts";
import { fetchPart, fetchText } from "../../../src/host/http.ts";

const target = (from: string, location: string): string => {
  try {
    return redirectTarget(new URL(from), location).href;
  } catch (error) {
    assert.ok(error instanceof MondoError);
    return error.code;
  }
};

test("redirectTarget() never leaves https, nor the web", () => {
  assert.is(target("https://a/x", "https://b/y"), "https://b/y");
  assert.is(target("https://a/x/", "y"), "https://a/x/y");
  assert.is(target("https://a/x", "//b/y"), "https://b/y");
  assert.is(target("http://a/x", "https://b/y"), "https://b/y");
  assert.is(target("http://a/x", "http://b/y"), "http://b/y");
  for (const location of [
    "http://a/x",
    "HTTP://a/x",
    "file:///etc/passwd",
    "data:text/plain,x",
    "blob:x",
    "https://",
  ]) {
    assert.is(target("https://a/x", location), "refused", location);
  }
  for (const location of ["file:///etc/passwd", "data:text/plain,x", "ftp://a/x"]) {
    assert.is(target("http://a/x", location), "refused", location);
  }
});

test("redirectTarget() shows no password", () => {
  try {
    redirectTarget(new URL("https://joe:secret@a/x?token=t"), "http://joe:secret@b/y?token=t");
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "https://a/x redirects to http://b/y");
  }
});

const server = () =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/there") {
        const headers = { "content-range": "bytes 0-1/2", etag: request.headers.get("range") ?? "" };
        return new Response("ok", { status: 206, headers });
      }
      const location = { "/moved": "/there", "/far": "/moved", "/out": "file:///etc/hostname" }[pathname] ?? pathname;
      return new Response(null, { status: 302, headers: { location } });
    },
  });

test("fetchPart() follows redirects with its range, but not for ever, and not to files", async () => {
  const web = server();
  const url = `http://127.0.0.1:${web.port}`;
  try {
    const { status, version, bytes } = await fetchPart(`${url}/far`, 0, 2);
    assert.equal([status, version, Buffer.from(bytes).toString()], [206, "bytes=0-1", "ok"]);
    for (const path of ["/loop", "/out"]) {
      const error = await fetchText(url + path, { limitMs: 5000, mostBytes: 10 }).catch((reason: unknown) => reason);
      assert.ok(error instanceof MondoError && error.code === "refused", path);
    }
  } finally {
    await web.stop(true);
  }
});

test.run();
