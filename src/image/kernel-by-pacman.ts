import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { ASK_TIMEOUT_MS, FETCH_TIMEOUT_MS, type KernelSource } from "./kernel-source.ts";

const PACKAGE = "linux";
const ALONE = "-Sdd";

/** The kernel of Arch Linux and its kin, by pacman, which checks signatures as pacman.conf says. */
export const kernelByPacman: KernelSource = {
  needs: ["pacman", "bsdtar"],
  refresh: "pacman -Sy",
  async current(host) {
    const argv = ["pacman", `${ALONE}p`, "--print-format", "%n-%v", PACKAGE];
    const { stdout } = await host.run({ argv, accept: "any", timeoutMs: ASK_TIMEOUT_MS });
    const name = stdout.split("\n").find((line) => line.startsWith(`${PACKAGE}-`));
    return name === undefined ? undefined : { name: name.trim(), packages: [PACKAGE] };
  },
  async unpack(host, { name, packages }, into) {
    // Into its own cache: the user that it downloads as may not write elsewhere.
    await host.run({ argv: ["pacman", `${ALONE}w`, "--noconfirm", ...packages], timeoutMs: FETCH_TIMEOUT_MS });
    const { stdout } = await host.run({ argv: ["pacman", `${ALONE}p`, ...packages], timeoutMs: ASK_TIMEOUT_MS });
    const file = /^file:\/\/(\/.*)$/m.exec(stdout)?.[1];
    if (file === undefined) throw new MondoError("no-kernel", msg`pacman downloaded nothing for ${name}`);
    await host.run({ argv: ["bsdtar", "-xf", file, "--no-same-owner", "-C", into], timeoutMs: FETCH_TIMEOUT_MS });
  },
};
