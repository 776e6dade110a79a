/**
 * bun test/support/web-server.ts DIRECTORY [PORT]: serves files with ranges, and indexes of directories, on port 80 (or
 * PORT) of its namespace until it is killed, and prints what is posted. Every hundredth answer breaks off in the
 * middle, as a proxy's or a balancer's would.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const [directory = ".", port = "80"] = process.argv.slice(2);
let answers = 0;

Bun.serve({
  hostname: "0.0.0.0",
  port: Number(port),
  idleTimeout: 60,
  async fetch(request) {
    if (request.method === "POST") {
      process.stdout.write(`posted: ${await request.text()}\n`);
      return new Response(null, { status: 204 });
    }
    const path = join(directory, decodeURIComponent(new URL(request.url).pathname));
    if (!existsSync(path)) return new Response("no such file", { status: 404 });
    if (statSync(path).isDirectory()) {
      const links = readdirSync(path).map((name) => `<a href="${encodeURIComponent(name)}">${name}</a>`);
      return new Response(`<html>${links.join("\n")}</html>`, { headers: { "content-type": "text/html" } });
    }
    const file = Bun.file(path);
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
    if (!match) return new Response(file);
    const [from, to] = [Number(match[1]), Math.min(Number(match[2]), file.size - 1)];
    answers += 1;
    const body = answers % 100 === 0 ? breakOff(file.slice(from, to + 1)) : file.slice(from, to + 1);
    const headers = { "content-range": `bytes ${from}-${to}/${file.size}`, etag: `"${file.size}"` };
    return new Response(body, { status: 206, headers });
  },
});

/** Half of it, then an error. */
function breakOff(part: Blob): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue(new Uint8Array(await part.slice(0, part.size >> 1).arrayBuffer()));
      controller.error(new Error("broken off on purpose"));
    },
  });
}
