import { connect, type Socket } from "node:net";

interface Message {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Connects to a Unix socket that QEMU is about to open; throws after `timeoutMs`. */
export async function connectWhenThere(path: string, timeoutMs = 15_000): Promise<Socket> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = connect(path);
        socket.once("connect", () => resolve(socket));
        socket.once("error", reject);
      });
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${path} did not open: ${error}`);
      await Bun.sleep(50);
    }
  }
}

/** QEMU's control socket: commands, and the events that have come so far. */
export class Qmp {
  readonly events: { readonly name: string; readonly data: Readonly<Record<string, unknown>> }[] = [];
  readonly #socket: Socket;
  readonly #waiting: ((message: Message) => void)[] = [];
  #partial = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk.toString("utf8")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const answer of this.#waiting.splice(0)) answer({ error: { desc: "QEMU has ended" } });
    });
  }

  static async open(path: string): Promise<Qmp> {
    const qmp = new Qmp(await connectWhenThere(path));
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** Runs one command; throws with QEMU's own words when it refuses. */
  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = await new Promise<Message>((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
    if (answer.error !== undefined) throw new Error(`QMP ${command}: ${answer.error.desc}`);
    return answer.return;
  }

  /** Why the guest ended, when it did: guest-shutdown, guest-reset, host-qmp-quit, guest-panic … */
  shutdownReason(): string | undefined {
    const event = this.events.findLast(({ name }) => name === "SHUTDOWN");
    return typeof event?.data.reason === "string" ? event.data.reason : undefined;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() === "") continue;
      const message = JSON.parse(line) as Message;
      if (message.event !== undefined) this.events.push({ name: message.event, data: message.data ?? {} });
      else if ("return" in message || message.error !== undefined) this.#waiting.shift()?.(message);
    }
  }
}
