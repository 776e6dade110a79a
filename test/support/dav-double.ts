import { decodeChallenges } from "../../src/formats/network/http-login.ts";

/** What a double does in place of its own answer. */
export type DavOverride = (request: Request, path: string, count: number) => Response | undefined;

/** A server in memory for joe, by Basic, which lets tests answer in its place; its files are below `/`. */
export class DavDouble {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set(["/"]);
  readonly requests: string[] = [];
  readonly #server: ReturnType<typeof Bun.serve>;

  constructor(override: DavOverride = () => undefined) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const path = decodeURIComponent(new URL(request.url).pathname);
        this.requests.push(`${request.method} ${path}`);
        const count = this.requests.filter((one) => one.startsWith(`${request.method} `)).length;
        const given = override(request, path, count);
        if (given) return given;
        if (request.headers.get("authorization") !== `Basic ${btoa("joe:secret")}`) {
          return new Response(null, { status: 401, headers: { "www-authenticate": 'Negotiate, Basic realm="store"' } });
        }
        return this.#answer(request, path);
      },
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }

  async #answer(request: Request, path: string): Promise<Response> {
    const status = (code: number) => new Response(null, { status: code });
    const file = this.files.get(path);
    if (request.method === "PROPFIND") return this.#list(path, request.headers.get("depth") === "1");
    if (request.method === "MKCOL") {
      const isNew = !this.directories.has(path);
      this.directories.add(path);
      return status(isNew ? 201 : 405);
    }
    if (request.method === "PUT") {
      this.files.set(path, await request.bytes());
      return status(201);
    }
    if (request.method === "DELETE") {
      return status(this.files.delete(path) || this.directories.delete(path) ? 204 : 404);
    }
    if (request.method === "MOVE" && file) {
      const to = decodeURIComponent((request.headers.get("destination") ?? "").replace(/^http:\/\/[^/]*/, ""));
      if (request.headers.get("overwrite") === "F" && this.files.has(to)) return status(412);
      this.files.delete(path);
      this.files.set(to, file);
      return status(201);
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
    if (request.method !== "GET" || !file || from === undefined) return status(404);
    const headers = { "content-range": `bytes ${from}-${to}/${file.byteLength}`, etag: `"${file.byteLength}"` };
    return new Response(file.slice(Number(from), Number(to) + 1), { status: 206, headers });
  }

  #list(path: string, isDeep: boolean): Response {
    const bare = path.replace(/(?<=.)\/$/, "");
    const isThere = this.directories.has(path) || this.directories.has(`${bare}/`) || this.files.has(path);
    if (!isThere) return new Response(null, { status: 404 });
    const start = `${bare.replace(/\/$/, "")}/`;
    const inside = (one: string) => one.startsWith(start) && one !== start && !/\/./.test(one.slice(start.length));
    const all = [...this.directories, ...this.files.keys()];
    const shown = [this.files.has(path) ? path : start, ...(isDeep ? all.filter(inside) : [])];
    const responses = shown.map((one) => {
      const type = one.endsWith("/")
        ? "<D:resourcetype><D:collection/></D:resourcetype>"
        : `<D:resourcetype/><D:getcontentlength>${this.files.get(one)?.byteLength}</D:getcontentlength>`;
      const href = one.split("/").map(encodeURIComponent).join("/");
      return `<D:response><D:href>${href}</D:href><D:propstat><D:prop>${type}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;
    });
    const body = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${responses.join("")}</D:multistatus>`;
    return new Response(body, { status: 207, headers: { "content-type": "application/xml" } });
  }
}

/** The names and values of an `Authorization` header. */
export const authorizationOf = (request: Request) => decodeChallenges(request.headers.get("authorization") ?? "")[0];
