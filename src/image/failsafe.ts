import { architecture } from "../base/architecture.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { Kernel } from "./kernel.ts";
import { kernelVersionIn } from "./kernel-file.ts";

/** Meta-package that always depends on Debian's current kernel. */
const META_PACKAGE = `linux-image-${architecture.debian}`;

/** A finished copy below `home`; a version directory without a modules.dep was interrupted and does not count. */
async function kernelIn(host: Host, home: string): Promise<Kernel | undefined> {
  const boot = host.list(`${home}/boot`).find((name) => name.startsWith("vmlinuz-"));
  if (boot === undefined) return undefined;
  const path = `${home}/boot/${boot}`;
  const version = await kernelVersionIn(host, path);
  if (version === undefined) return undefined;
  const modules = [`${home}/lib/modules/${version}`, `${home}/usr/lib/modules/${version}`].find((directory) =>
    host.exists(`${directory}/modules.dep`),
  );
  return modules === undefined ? undefined : { path, version, modules, firmware: "/lib/firmware" };
}

function noKernel(what: string, cause?: unknown): MondoError {
  return new MondoError("no-kernel", msg`no fail-safe kernel: ${what}`, {
    hint: msg`Install a kernel package, or give a kernel file with -k FILE.`,
    cause,
  });
}

/** Name of the package that the meta-package depends on now. */
async function currentPackage(host: Host): Promise<string> {
  if (host.which("apt-get") === undefined || host.which("dpkg-deb") === undefined) {
    throw noKernel(msg`this system has no apt-get and dpkg-deb to fetch Debian's kernel package with`);
  }
  const list = await host.run({ argv: ["apt-cache", "depends", META_PACKAGE], accept: "any", timeoutMs: 60_000 });
  const name = /^\s*Depends: (linux-image-\S+)$/m.exec(list.stdout)?.[1];
  if (name === undefined)
    throw noKernel(msg`apt knows no package ${META_PACKAGE}: its lists may be empty (apt-get update)`);
  return name;
}

async function fetchInto(host: Host, name: string, home: string): Promise<void> {
  const fresh = `${home}.new`;
  host.remove(fresh);
  host.makeDirectory(fresh);
  try {
    await host.run({
      // apt's sandbox user can't write here; we are root.
      argv: ["apt-get", "-o", "APT::Sandbox::User=root", "download", name],
      cwd: fresh,
      timeoutMs: 600_000,
    });
    const file = host.list(fresh).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) throw noKernel(msg`apt-get downloaded nothing for ${name}`);
    await host.run({ argv: ["dpkg-deb", "-x", `${fresh}/${file}`, fresh], timeoutMs: 600_000 });
    host.remove(`${fresh}/${file}`);
    // Since Debian 13 the package has its modules in usr/lib, and depmod looks for them in lib.
    if (!host.exists(`${fresh}/lib`)) host.symlink("usr/lib", `${fresh}/lib`);
    const version = (host.list(`${fresh}/boot`).find((entry) => entry.startsWith("vmlinuz-")) ?? "").slice(8);
    // The package ships no modules.dep: its post-installation script would run this.
    await host.run({ argv: ["depmod", "-b", fresh, version], timeoutMs: 120_000 });
    host.remove(home);
    host.rename(fresh, home);
  } catch (error) {
    host.remove(fresh);
    if (error instanceof MondoError && error.code === "no-kernel") throw error;
    throw noKernel(msg`${name} could not be fetched: ${messageOf(error)}`, error);
  }
}

/**
 * Debian's kernel package, unpacked below the cache directory (one directory per package version) and reused while it
 * is the current one; the newest cached one when apt can't be asked. Throws `no-kernel`.
 */
export async function failsafeKernel(host: Host, cacheDirectory: string, reporter: Reporter): Promise<Kernel> {
  const shelf = `${cacheDirectory}/failsafe`;
  const names = host
    .list(shelf)
    .filter((name) => !name.endsWith(".new"))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const kept = await Promise.all(
    names.map(async (name) => ({ name, kernel: await kernelIn(host, `${shelf}/${name}`) })),
  );
  const cached = kept.filter((entry) => entry.kernel !== undefined);
  let name: string;
  try {
    name = await currentPackage(host);
  } catch (error) {
    const last = cached[0]?.kernel;
    if (!last) throw error;
    reporter.info(msg`Fail-safe kernel: ${last.version} (kept from an earlier run; ${messageOf(error)})`);
    return last;
  }
  const known = cached.find((entry) => entry.name === name)?.kernel;
  if (known) return known;
  reporter.step(msg`Fetching the fail-safe kernel ${name}`);
  await fetchInto(host, name, `${shelf}/${name}`);
  const kernel = await kernelIn(host, `${shelf}/${name}`);
  if (!kernel) throw noKernel(msg`the package ${name} holds no kernel that this program can read`);
  return kernel;
}
