import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bash, run } from "./shell.ts";

/** A directory for backups to a real server, which store-run.ts starts. */
export class StoreLab {
  readonly base: string;

  constructor(name: string) {
    this.base = mkdtempSync(join(tmpdir(), `mondo-${name}-store-`));
  }

  /** BASE/tree with one file, which is to be saved. */
  async makeTree(bytes: number): Promise<void> {
    mkdirSync(join(this.base, "tree"));
    await bash(`cd ${this.base}; chmod 755 .; head -c ${bytes} /dev/urandom >tree/source`);
  }

  /** BASE/server.pem and its key, for localhost. */
  async makeCertificate(): Promise<void> {
    await bash(`cd ${this.base}
openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.pem -days 9 -subj /CN=localhost \\
  -addext subjectAltName=DNS:localhost 2>/dev/null`);
  }

  /** What the steps say: see store-run.ts. */
  steps(url: string, env: Record<string, string>, words: readonly string[]): Promise<string> {
    const program = join(import.meta.dirname, "store-run.ts");
    const argv = ["unshare", "-mnp", "--fork", "--mount-proc", "--propagation", "private", process.execPath, program];
    return run([...argv, this.base, url, ...words], { timeoutMs: 300_000, env });
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}
