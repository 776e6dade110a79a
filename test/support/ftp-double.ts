import type { Socket, TCPSocketListener } from "bun";

/** What a double does in place of its own answer: a reply, or `drop`, which closes the connection. */
export type FtpOverride = (word: string, argument: string, count: number) => string | undefined;

interface Control {
  text: string;
  rest: string;
  passive: TCPSocketListener<unknown> | undefined;
  data: Promise<Socket<unknown>> | undefined;
  received: Promise<Uint8Array> | undefined;
}

/** A server in memory for one user, which lets tests answer in its place; its files are below `/`. */
export class FtpDouble {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set(["/"]);
  readonly commands: string[] = [];
  /** Control connections that are open. */
  connections = 0;
  /** Takes no byte of a file that is sent, and keeps the connection for it. */
  isStalled = false;
  /** As listings show it. */
  owner = "joe";
  readonly #override: FtpOverride;
  readonly #server: TCPSocketListener<Control>;
  readonly #passive: TCPSocketListener<unknown>[] = [];
  #from = "";

  constructor(override: FtpOverride = () => undefined) {
    this.#override = override;
    const fresh = (): Control => ({ text: "", rest: "", passive: undefined, data: undefined, received: undefined });
    this.#server = Bun.listen<Control>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = fresh();
          this.connections += 1;
          socket.write("220 ready\r\n");
        },
        data: (socket, bytes) => void this.#take(socket, bytes),
        close: (socket) => {
          this.connections -= 1;
          if (!this.isStalled) socket.data?.passive?.stop(true);
        },
      },
    });
  }

  get port(): number {
    return this.#server.port;
  }

  stop(): void {
    this.#server.stop(true);
    for (const passive of this.#passive) passive.stop(true);
  }

  async #take(socket: Socket<Control>, bytes: Uint8Array): Promise<void> {
    socket.data.text += Buffer.from(bytes).toString();
    const lines = socket.data.text.split("\r\n");
    socket.data.text = lines.pop() ?? "";
    for (const line of lines) {
      const [, word = "", argument = ""] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      this.commands.push(line);
      const count = this.commands.filter((one) => one.startsWith(word)).length;
      const given = this.#override(word, argument, count);
      if (given === "drop") {
        socket.end();
        return;
      }
      const reply = given ?? (await this.#answer(socket, word, argument));
      if (reply !== "") socket.write(`${reply}\r\n`);
    }
  }

  #openPassive(control: Control): string {
    const parts: Uint8Array[] = [];
    const [connected, ended] = [Promise.withResolvers<Socket<unknown>>(), Promise.withResolvers<Uint8Array>()];
    control.passive?.stop(true);
    const passive: TCPSocketListener<unknown> = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (data) => {
          if (this.isStalled) data.pause();
          connected.resolve(data);
        },
        data: (_, bytes) => void parts.push(Uint8Array.from(bytes)),
        end: (data) => {
          ended.resolve(Buffer.concat(parts));
          data.end();
        },
      },
    });
    control.passive = passive;
    this.#passive.push(passive);
    [control.data, control.received] = [connected.promise, ended.promise];
    return `229 Entering (|||${passive.port}|)`;
  }

  async #answer(socket: Socket<Control>, word: string, path: string): Promise<string> {
    const fixed = { USER: "230 in", FEAT: "211 none", TYPE: "200 ok", PWD: '257 "/"', NOOP: "200 ok" }[word];
    if (fixed !== undefined) return fixed;
    if (word === "EPSV") return this.#openPassive(socket.data);
    if (word === "CWD") {
      if (!this.directories.has(path)) return "550 no such directory";
      this.#from = path;
      return "250 there";
    }
    if (word === "MKD") {
      this.directories.add(path);
      return "257 made";
    }
    if (word === "SIZE") return this.files.has(path) ? `213 ${this.files.get(path)?.byteLength}` : "550 no such file";
    if (word === "STOR") {
      socket.write("150 send\r\n");
      this.files.set(path, (await socket.data.received) ?? new Uint8Array(0));
      return "226 done";
    }
    if (word === "DELE") return this.files.delete(path) ? "250 gone" : "550 no such file";
    if (word === "RMD") return this.directories.delete(path) ? "250 gone" : "550 no such directory";
    if (word === "RNFR") {
      this.#from = path;
      return "350 and?";
    }
    if (word === "RNTO") return this.#rename(path);
    if (word === "LIST" || word === "NLST") return this.#list(socket, word);
    return "502 not here";
  }

  #rename(path: string): string {
    const bytes = this.files.get(this.#from);
    if (!bytes) return "550 no such file";
    this.files.delete(this.#from);
    this.files.set(path, bytes);
    return "250 renamed";
  }

  /** What is in the directory of the last CWD. */
  async #list(socket: Socket<Control>, word: string): Promise<string> {
    const start = `${this.#from.replace(/\/$/, "")}/`;
    const inside = (path: string) =>
      path.startsWith(start) && path !== start && !path.slice(start.length).includes("/");
    const files = [...this.files].filter(([path]) => inside(path));
    const lines = [
      ...[...this.directories].filter(inside).map((path) => ["drwx------", 0, path.slice(start.length)] as const),
      ...files.map(([path, { byteLength }]) => ["-rw-------", byteLength, path.slice(start.length)] as const),
    ].map(([mode, size, name]) =>
      word === "NLST" ? name : `${mode} 1 ${this.owner} joe ${size} Nov 30 08:15 ${name}`,
    );
    socket.write("150 look\r\n");
    const data = await socket.data.data;
    data?.write(lines.map((line) => `${line}\r\n`).join(""));
    data?.end();
    return "226 done";
  }
}
