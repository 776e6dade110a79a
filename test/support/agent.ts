import type { Socket } from "node:net";
import { connectWhenThere } from "./qmp.ts";
import type { Finished } from "./shell.ts";

/** Talks to `guest/agent.sh` over the virtio-serial port. One command at a time. */
export class Agent {
  readonly #socket: Socket;
  #received = "";
  #ready = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
    });
  }

  static async open(path: string): Promise<Agent> {
    return new Agent(await connectWhenThere(path));
  }

  /** True once the guest's agent has spoken. */
  ready(): boolean {
    if (!this.#ready && this.#received.includes("ready\n")) {
      this.#received = this.#received.slice(this.#received.indexOf("ready\n") + 6);
      this.#ready = true;
    }
    return this.#ready;
  }

  ask(script: string): void {
    this.#received = "";
    this.#socket.write(`${Buffer.from(script).toString("base64")}\n`);
  }

  /** The answer to what was asked, when it is complete. */
  answer(): (Finished & { readonly bytes: Uint8Array }) | undefined {
    const match = /^rc (\d+)\n([A-Za-z0-9+/=]*)\n/.exec(this.#received);
    if (match === null) return undefined;
    this.#received = "";
    const bytes = Bun.zstdDecompressSync(Buffer.from(match[2] ?? "", "base64"));
    return { exitCode: Number(match[1]), output: bytes.toString("utf8"), bytes };
  }

  close(): void {
    this.#socket.destroy();
  }
}
