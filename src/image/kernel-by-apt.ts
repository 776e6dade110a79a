import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { ASK_TIMEOUT_MS, FETCH_TIMEOUT_MS, type KernelSource } from "./kernel-source.ts";

/** Meta-package that always depends on Debian's current kernel. */
const META_PACKAGE = `linux-image-${architecture.debian}`;

/** Debian's kernel, by apt, which checks it against the signed lists. */
export const kernelByApt: KernelSource = {
  needs: ["apt-get", "dpkg-deb"],
  refresh: "apt-get update",
  async current(host) {
    const argv = ["apt-cache", "depends", META_PACKAGE];
    const { stdout } = await host.run({ argv, accept: "any", timeoutMs: ASK_TIMEOUT_MS });
    const name = /^\s*Depends: (linux-image-\S+)$/m.exec(stdout)?.[1];
    return name === undefined ? undefined : { name, packages: [name] };
  },
  async unpack(host, { packages }, into) {
    // apt's sandbox user can't write here; we are root.
    const argv = ["apt-get", "-o", "APT::Sandbox::User=root", "download", ...packages];
    await host.run({ argv, cwd: into, timeoutMs: FETCH_TIMEOUT_MS });
    const file = host.list(into).find((entry) => entry.endsWith(".deb"));
    if (file === undefined)
      throw new MondoError("no-kernel", msg`apt-get downloaded nothing for ${packages.join(" ")}`);
    await host.run({ argv: ["dpkg-deb", "-x", `${into}/${file}`, into], timeoutMs: FETCH_TIMEOUT_MS });
    host.remove(`${into}/${file}`);
  },
};
