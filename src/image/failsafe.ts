import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { Kernel } from "./kernel.ts";
import { kernelByApt } from "./kernel-by-apt.ts";
import { kernelByDnf } from "./kernel-by-dnf.ts";
import { kernelByPacman } from "./kernel-by-pacman.ts";
import { kernelByZypper } from "./kernel-by-zypper.ts";
import { kernelVersionIn } from "./kernel-file.ts";
import type { KernelPackages, KernelSource } from "./kernel-source.ts";

/** In the order in which they are asked. */
const sources: readonly KernelSource[] = [kernelByApt, kernelByDnf, kernelByZypper, kernelByPacman];

/** Where packages put the kernel's file: /boot, or, where the package's script copies it there, beside its modules. */
function kernelFilesIn(host: Host, home: string): string[] {
  const boot = host.list(`${home}/boot`).filter((name) => name.startsWith("vmlinuz-"));
  const modules = ["lib/modules", "usr/lib/modules"].flatMap((path) =>
    host.list(`${home}/${path}`).map((version) => `${home}/${path}/${version}/vmlinuz`),
  );
  return [...boot.map((name) => `${home}/boot/${name}`), ...modules].filter((path) => host.exists(path));
}

async function versionIn(host: Host, home: string): Promise<{ path: string; version: string } | undefined> {
  for (const path of kernelFilesIn(host, home)) {
    const version = await kernelVersionIn(host, path);
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

/** A finished copy below `home`; a version directory without a modules.dep was interrupted and does not count. */
async function kernelIn(host: Host, home: string): Promise<Kernel | undefined> {
  const found = await versionIn(host, home);
  if (found === undefined) return undefined;
  const modules = [`${home}/lib/modules/${found.version}`, `${home}/usr/lib/modules/${found.version}`].find(
    (directory) => host.exists(`${directory}/modules.dep`),
  );
  return modules === undefined ? undefined : { ...found, modules, firmware: "/lib/firmware" };
}

function noKernel(what: string, cause?: unknown): MondoError {
  const own = cause instanceof MondoError && cause.code === "no-kernel" ? cause.hint : undefined;
  return new MondoError("no-kernel", msg`no fail-safe kernel: ${what}`, {
    hint: own ?? msg`Install a kernel package, or give a kernel file with -k FILE.`,
    cause,
  });
}

/** Becomes a directory's name. */
const isName = (name: string) => /^[A-Za-z0-9][A-Za-z0-9.+_~:^-]*$/.test(name) && !name.endsWith(".new");

/** The first package manager here that knows a kernel, and what it is. */
async function currentKernel(host: Host): Promise<{ source: KernelSource; kernel: KernelPackages }> {
  const usable = sources.filter(({ needs }) => needs.every((tool) => host.which(tool) !== undefined));
  for (const source of usable) {
    const kernel = await source.current(host);
    if (kernel !== undefined && isName(kernel.name)) return { source, kernel };
  }
  const [first] = usable;
  if (first === undefined) {
    throw noKernel(
      msg`this system has none of apt-get, dnf, zypper and pacman to fetch its distribution's kernel with`,
    );
  }
  const tool = first.needs[0] ?? "";
  throw noKernel(msg`${tool} knows no kernel package: its lists may be empty (${first.refresh})`);
}

async function fetchInto(
  host: Host,
  { source, kernel }: { source: KernelSource; kernel: KernelPackages },
  home: string,
  reporter: Reporter,
): Promise<void> {
  const fresh = `${home}.new`;
  host.remove(fresh);
  host.makeDirectory(fresh);
  try {
    await source.unpack(host, kernel, fresh, reporter);
    // Some packages have their modules in usr/lib, and depmod looks for them in lib.
    if (!host.exists(`${fresh}/lib`)) host.symlink("usr/lib", `${fresh}/lib`);
    const found = await versionIn(host, fresh);
    if (found === undefined) throw noKernel(msg`the package ${kernel.name} holds no kernel that this program can read`);
    // Packages ship no modules.dep: their scripts would run this.
    await host.run({ argv: ["depmod", "-b", fresh, found.version], timeoutMs: 120_000 });
    host.remove(home);
    host.rename(fresh, home);
  } catch (error) {
    host.remove(fresh);
    throw noKernel(msg`${kernel.name} could not be fetched: ${messageOf(error)}`, error);
  }
}

/**
 * The distribution's kernel package, unpacked below the cache directory (one directory per package version) and reused
 * while it is the current one; the newest cached one when no package manager can be asked. Throws `no-kernel`.
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
  let current: Awaited<ReturnType<typeof currentKernel>>;
  try {
    current = await currentKernel(host);
  } catch (error) {
    const last = cached[0]?.kernel;
    if (!last) throw error;
    reporter.info(msg`Fail-safe kernel: ${last.version} (kept from an earlier run; ${messageOf(error)})`);
    return last;
  }
  const { kernel } = current;
  const known = cached.find((entry) => entry.name === kernel.name)?.kernel;
  if (known) return known;
  reporter.step(msg`Fetching the fail-safe kernel ${kernel.name}`);
  await fetchInto(host, current, `${shelf}/${kernel.name}`, reporter);
  const fetched = await kernelIn(host, `${shelf}/${kernel.name}`);
  if (!fetched) throw noKernel(msg`the package ${kernel.name} holds no kernel that this program can read`);
  return fetched;
}
