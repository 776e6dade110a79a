import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { attempt, run } from "./shell.ts";

const NAME = "iqn.2026-01.test:drive";

/** A DVD or tape drive that tgt emulates, for QEMU's libiscsi (package qemu-block-extra). */
export class EmulatedDrive {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #control: string;

  private constructor(child: ChildProcess, control: string, port: number) {
    this.#child = child;
    this.#control = control;
    this.url = `iscsi://127.0.0.1:${port}/${NAME}/1`;
  }

  /** A drive with a medium in it. */
  static async start(type: "cd" | "tape", file: string): Promise<EmulatedDrive> {
    const number = process.pid % 1000;
    const [control, port] = [String(100 + number), 4000 + number];
    const words = ["--pdeathsig", "KILL", "--", "tgtd", "-f", "-C", control, "--iscsi", `portal=127.0.0.1:${port}`];
    const drive = new EmulatedDrive(spawn("setpriv", words, { stdio: "ignore" }), control, port);
    for (let tries = 0; ; tries += 1) {
      const { exitCode, output } = await attempt(["tgtadm", "-C", control, "--op", "show", "--mode", "sys"]);
      if (exitCode === 0) break;
      if (tries === 50) throw new Error(`tgtd does not answer: ${output}`);
      await Bun.sleep(100);
    }
    await drive.#admin("new", "target", ["-T", NAME]);
    const tape = type === "tape" ? ["--bstype", "ssc"] : [];
    await drive.#admin("new", "logicalunit", ["--lun", "1", "--device-type", type, ...tape, "-b", file]);
    await drive.#admin("bind", "target", ["-I", "ALL"]);
    return drive;
  }

  /** Puts another medium in. The guest has let go of the one before. */
  async insert(file: string): Promise<void> {
    for (const change of ["online=0", `path=${file}`, "online=1"]) {
      await this.#admin("update", "logicalunit", ["--lun", "1", "--params", change]);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await new Promise((done) => (this.#child.exitCode === null ? this.#child.once("exit", done) : done(undefined)));
  }

  async #admin(op: string, mode: string, words: readonly string[]): Promise<void> {
    await run(["tgtadm", "-C", this.#control, "--lld", "iscsi", "--op", op, "--mode", mode, "--tid", "1", ...words]);
  }
}

/** A blank DVD+R. */
export async function blankDisc(directory: string, name: string): Promise<string> {
  const file = join(directory, name);
  await run(["tgtimg", "--op", "new", "--device-type", "cd", "--type", "dvd+r", "--file", file]);
  return file;
}

/** A blank tape of so many MiB. */
export async function blankTape(directory: string, name: string, sizeMiB: number): Promise<string> {
  const file = join(directory, name);
  const words = ["--device-type", "tape", `--barcode=${name}`, `--size=${sizeMiB}`, "--type=data", `--file=${file}`];
  await run(["tgtimg", "--op", "new", ...words, "--thin-provisioning"]);
  return file;
}
