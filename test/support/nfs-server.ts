import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, run } from "./shell.ts";

export interface NfsServerOptions {
  /** Of the server: configuration, logs, its state. */
  readonly directory: string;
  /** The directory that is exported. */
  readonly exported: string;
  /** What clients call it; `/mondo` when absent. */
  readonly name?: string;
  readonly version: 3 | 4;
  /** `RW`: machines may write. */
  readonly access?: "RO" | "RW";
  /** After a start, clients of an earlier one may claim what they had open. Without it they lose that. */
  readonly grace?: boolean;
}

/**
 * The long lease is for guests that get no processor for minutes: a server without grace would not let them claim what
 * they had.
 */
const configuration = ({ exported, name, version, access, grace }: NfsServerOptions, state: string) => `
NFS_CORE_PARAM {
  Protocols = ${version};
  Enable_NLM = false;
  Enable_RQUOTA = false;
  mount_path_pseudo = true;
}
NFSV4 {
  RecoveryBackend = fs;
  RecoveryRoot = ${state};
  ${grace ? "Lease_Lifetime = 20; Grace_Period = 25;" : "Lease_Lifetime = 180; Graceless = true;"}
}
EXPORT {
  Export_Id = 1;
  Path = ${exported};
  Pseudo = ${name ?? "/mondo"};
  Access_Type = ${access ?? "RO"};
  Squash = No_Root_Squash;
  SecType = sys;
  FSAL { Name = VFS; }
}
LOG { Components { ALL = EVENT; } }
`;

/** Scenarios run side by side, each with servers of its own. */
let started = 0;

/**
 * A real NFS server in a network namespace of its own; a QEMU in there reaches it as 10.0.2.2 over its user network.
 */
export class NfsServer {
  readonly namespace: string;
  readonly #children: ChildProcess[] = [];

  readonly #options: NfsServerOptions;

  private constructor(namespace: string, options: NfsServerOptions) {
    this.namespace = namespace;
    this.#options = options;
  }

  /** Starts it and waits until it listens. */
  static async start(options: NfsServerOptions): Promise<NfsServer> {
    started += 1;
    const server = new NfsServer(`mondo-nfs-${process.pid}-${started}`, options);
    const { namespace } = server;
    const state = join(options.directory, "state");
    mkdirSync(state, { recursive: true });
    writeFileSync(join(options.directory, "ganesha.conf"), configuration(options, state));
    await attempt(["ip", "netns", "delete", namespace]);
    await run(["ip", "netns", "add", namespace]);
    try {
      await run(["ip", "-n", namespace, "link", "set", "lo", "up"]);
      await server.serve();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Starts serving, again after `stopServing`. */
  async serve(): Promise<void> {
    const at = (name: string) => join(this.#options.directory, name);
    const portmapper = this.#options.version === 3 ? "rpcbind -w -f & sleep 0.5;" : "";
    const script = `mount -t tmpfs tmpfs /run; mkdir -p /run/ganesha /run/rpcbind; ${portmapper}
      exec ganesha.nfsd -F -f ${at("ganesha.conf")} -L ${at("ganesha.log")} -p ${at("ganesha.pid")}`;
    const argv = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", this.namespace];
    // A process namespace: whatever was started inside ends with its first process.
    const inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script];
    this.#children.push(spawn("setpriv", [...argv, ...inside], { stdio: "ignore" }));
    await this.#listening(at("ganesha.log"));
  }

  async #listening(log: string): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { output } = await attempt(["ip", "netns", "exec", this.namespace, "ss", "-Hltn"]);
      if (/:2049\s/.test(output)) return;
      await Bun.sleep(100);
    }
    throw new Error(`the NFS server does not listen:\n${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
  }

  /** A bridge in the namespace, with an address of /24 and tap devices for machines. */
  async addBridge(name: string, address: string, taps: readonly string[]): Promise<void> {
    const ip = (...words: string[]) => run(["ip", "-n", this.namespace, ...words]);
    await ip("link", "add", name, "type", "bridge");
    await ip("address", "add", `${address}/24`, "dev", name);
    for (const tap of taps) {
      await ip("tuntap", "add", tap, "mode", "tap");
      await ip("link", "set", tap, "master", name, "up");
    }
    await ip("link", "set", name, "up");
  }

  /** Starts a program in the namespace; it dies with this process. */
  startInside(argv: readonly string[], log: string): ChildProcess {
    const output = openSync(log, "w");
    const words = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", this.namespace, ...argv];
    return spawn("setpriv", words, { stdio: ["ignore", output, output] });
  }

  /** Ends the server; its namespace stays. */
  async stopServing(): Promise<void> {
    for (const child of this.#children) {
      child.kill("SIGKILL");
      while (child.exitCode === null && child.signalCode === null) await Bun.sleep(20);
    }
  }

  /** Ends the server and takes its namespace away. */
  async stop(): Promise<void> {
    await this.stopServing();
    await attempt(["ip", "netns", "delete", this.namespace]);
  }
}
