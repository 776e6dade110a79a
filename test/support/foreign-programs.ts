import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "./shell.ts";

const BINFMT = "/proc/sys/fs/binfmt_misc";
/** Of Debian's qemu-user-static; systemd registers it where that runs. */
const RULE = "/usr/lib/binfmt.d/qemu-aarch64.conf";

/** Lets this kernel start programs for aarch64 by qemu-user, in chroots, too. Needs root and the module binfmt_misc. */
export async function registerArm64(): Promise<void> {
  if (!existsSync(`${BINFMT}/register`)) await run(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT]);
  if (existsSync(`${BINFMT}/qemu-aarch64`)) return;
  writeFileSync(`${BINFMT}/register`, readFileSync(RULE, "latin1"));
}
