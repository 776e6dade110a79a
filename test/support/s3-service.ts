import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./shell.ts";

/** The key that may do everything, as the environment has it. */
export const S3_KEYS = { AWS_ACCESS_KEY_ID: "CLIENT", AWS_SECRET_ACCESS_KEY: "s3cr+et/" } as const;
/** Its only bucket. */
export const S3_PLACE = "s3+http://127.0.0.1:9000/vault/sets";

/**
 * For namespaces of its own (network, mounts, processes): an object store of BASE/root, a file system of 160 MiB, with
 * the bucket `vault`. It dies in the middle of a part once there is a file BASE/break, and is started again.
 */
export async function startS3Server(base: string): Promise<void> {
  const root = join(base, "root");
  mkdirSync(root, { recursive: true });
  await run(["ip", "link", "set", "lo", "up"]);
  await run(["mount", "-t", "tmpfs", "none", "/run"]);
  await run(["mount", "-t", "tmpfs", "-o", "size=160M,mode=755", "none", root]);
  mkdirSync(join(root, "vault"));
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = S3_KEYS;
  const program = join(import.meta.dirname, "s3-server.ts");
  const line = `${process.execPath} ${program} ${root} 9000 ${id} '${secret}' ${join(base, "break")}`;
  writeFileSync(join(base, "serve"), `while :; do ${line}; sleep 1; done\n`);
  Bun.spawn(["bash", join(base, "serve")], { stdio: ["ignore", "ignore", "ignore"] });
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch("http://127.0.0.1:9000/");
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await Bun.sleep(100);
    }
  }
}
