import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, run } from "./shell.ts";

export interface NfsServerOptions {
  /** Of the server: configuration, logs, its state. */
  readonly directory: string;
  /** The directory that is exported as `/mondo`. */
  readonly exported: string;
  readonly version: 3 | 4;
}

const configuration = ({ exported, version }: NfsServerOptions, state: string) => `
NFS_CORE_PARAM {
  Protocols = ${version};
  Enable_NLM = false;
  Enable_RQUOTA = false;
  mount_path_pseudo = true;
}
NFSV4 { RecoveryBackend = fs; RecoveryRoot = ${state}; Graceless = true; }
EXPORT {
  Export_Id = 1;
  Path = ${exported};
  Pseudo = /mondo;
  Access_Type = RO;
  Squash = No_Root_Squash;
  SecType = sys;
  FSAL { Name = VFS; }
}
LOG { Components { ALL = EVENT; } }
`;

/** A real NFS server in a network namespace of its own; a QEMU in there reaches it as 10.0.2.2 over its user network. */
export class NfsServer {
  readonly namespace: string;
  readonly #children: ChildProcess[] = [];

  private constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** Starts it and waits until it listens. */
  static async start(options: NfsServerOptions): Promise<NfsServer> {
    const server = new NfsServer(`mondo-nfs-${process.pid}`);
    const { namespace } = server;
    const at = (name: string) => join(options.directory, name);
    mkdirSync(at("state"), { recursive: true });
    writeFileSync(at("ganesha.conf"), configuration(options, at("state")));
    await attempt(["ip", "netns", "delete", namespace]);
    await run(["ip", "netns", "add", namespace]);
    try {
      await run(["ip", "-n", namespace, "link", "set", "lo", "up"]);
      const portmapper = options.version === 3 ? "rpcbind -w -f & sleep 0.5;" : "";
      const script = `mount -t tmpfs tmpfs /run; mkdir -p /run/ganesha /run/rpcbind; ${portmapper}
        exec ganesha.nfsd -F -f ${at("ganesha.conf")} -L ${at("ganesha.log")} -p ${at("ganesha.pid")}`;
      const argv = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace];
      // A process namespace: whatever was started inside ends with its first process.
      const inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script];
      server.#children.push(spawn("setpriv", [...argv, ...inside], { stdio: "ignore" }));
      await server.#listening(at("ganesha.log"));
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async #listening(log: string): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { output } = await attempt(["ip", "netns", "exec", this.namespace, "ss", "-Hltn"]);
      if (/:2049\s/.test(output)) return;
      await Bun.sleep(100);
    }
    throw new Error(`the NFS server does not listen:\n${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
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
