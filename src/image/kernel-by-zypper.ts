import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { ASK_TIMEOUT_MS, FETCH_TIMEOUT_MS, type KernelSource } from "./kernel-source.ts";
import { RPM_TOOLS, unpackRpm } from "./unpack-rpm.ts";

const PACKAGE = "kernel-default";

const attribute = (element: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(element)?.[1];

/**
 * The kernel of SUSE's distributions, by zypper, which checks what it downloads as the repository's gpgcheck says: the
 * package's signature, or that of the lists that its digest is in.
 */
export const kernelByZypper: KernelSource = {
  needs: ["zypper", ...RPM_TOOLS],
  refresh: "zypper refresh",
  async current(host) {
    const options = ["--xmlout", "--non-interactive", "--no-refresh"];
    const argv = ["zypper", ...options, "search", "-s", "--match-exact", "-t", "package", PACKAGE];
    const { stdout } = await host.run({ argv, accept: "any", timeoutMs: ASK_TIMEOUT_MS });
    const editions = [...stdout.matchAll(/<solvable\s[^>]*>/g)]
      .map(([element]) => element)
      // What is installed and in no repository can't be fetched.
      .filter((element) => attribute(element, "repository") !== "(System Packages)")
      .filter((element) => attribute(element, "arch") === architecture.machine)
      .flatMap((element) => attribute(element, "edition") ?? [])
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
    const [edition] = editions;
    return edition === undefined ? undefined : { name: `${PACKAGE}-${edition}`, packages: [`${PACKAGE}=${edition}`] };
  },
  async unpack(host, { name, packages }, into) {
    const cache = `${into}/zypper`;
    const argv = ["zypper", "--non-interactive", "--pkg-cache-dir", cache, "download", ...packages];
    await host.run({ argv, timeoutMs: FETCH_TIMEOUT_MS });
    const file = host
      .list(cache)
      .flatMap((repository) => [`${cache}/${repository}`, `${cache}/${repository}/${architecture.machine}`])
      .map((directory) => `${directory}/${name}.${architecture.machine}.rpm`)
      .find((path) => host.exists(path));
    if (file === undefined) throw new MondoError("no-kernel", msg`zypper downloaded nothing for ${packages.join(" ")}`);
    await unpackRpm(host, file, into, false);
    host.remove(cache);
  },
};
