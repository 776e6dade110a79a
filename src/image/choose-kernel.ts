import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { failsafeKernel } from "./failsafe.ts";
import type { Kernel } from "./kernel.ts";
import { kernelVersionIn } from "./kernel-file.ts";

/** Names that distributions give the kernel file, below the root; VERSION stands for `uname -r`. */
const FILES = [
  "/boot/vmlinuz-VERSION",
  "/lib/modules/VERSION/vmlinuz",
  "/boot/kernel-VERSION",
  "/boot/bzImage-VERSION",
  "/boot/Image-VERSION",
];

function modulesOf(host: Host, root: string, version: string): string | undefined {
  return [`${root}/lib/modules/${version}`, `${root}/usr/lib/modules/${version}`].find((path) => host.exists(path));
}

async function namedKernel(host: Host, root: string, path: string): Promise<Kernel> {
  if (!host.exists(path)) {
    throw new MondoError("no-kernel", msg`the kernel ${path} does not exist`, {
      hint: msg`Give -k the path of a kernel file such as /boot/vmlinuz-VERSION, or -k FAILSAFE.`,
    });
  }
  const version = await kernelVersionIn(host, path);
  if (version === undefined) {
    throw new MondoError("no-kernel", msg`${path} is not a Linux kernel for ${architecture.machine}`, {
      hint: msg`Give -k the path of a kernel file such as /boot/vmlinuz-VERSION, or -k FAILSAFE.`,
    });
  }
  const modules = modulesOf(host, root, version) ?? (root === "" ? undefined : modulesOf(host, "", version));
  if (modules === undefined) {
    throw new MondoError(
      "no-kernel",
      msg`the kernel ${path} is version ${version}, but there is no /lib/modules/${version}`,
      {
        hint: msg`Install its modules, or use -k FAILSAFE.`,
      },
    );
  }
  return { path, version, modules, firmware: `${root}/lib/firmware` };
}

const runningVersion = (host: Host): string => host.readText("/proc/sys/kernel/osrelease").trim();

/** Versions that have modules: the running one first, then the newest. */
function versionsOf(host: Host, root: string): string[] {
  const running = runningVersion(host);
  const found = [...new Set([`${root}/lib/modules`, `${root}/usr/lib/modules`].flatMap((path) => host.list(path)))];
  const newestFirst = found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return [running, ...newestFirst.filter((version) => version !== running)];
}

/** The running kernel if it is complete (file and modules), else the newest complete one. */
async function installedKernel(host: Host, root: string): Promise<Kernel | undefined> {
  for (const version of versionsOf(host, root)) {
    const modules = modulesOf(host, root, version);
    if (modules === undefined || !host.exists(`${modules}/modules.dep`)) continue;
    for (const path of FILES.map((file) => `${root}${file.replace("VERSION", version)}`)) {
      if (!host.exists(path) || (await kernelVersionIn(host, path)) !== version) continue;
      return { path, version, modules, firmware: `${root}/lib/firmware` };
    }
  }
  return undefined;
}

/**
 * The kernel for the medium: the path of a kernel file, or `FAILSAFE`. Default: the running one, or, with a warning,
 * the fail-safe kernel on a machine that has none (a container, a cloud VM). Throws `no-kernel`.
 */
export async function chooseKernel(
  host: Host,
  request: { readonly root: string; readonly kernel?: string | undefined; readonly cacheDirectory: string },
  reporter: Reporter,
): Promise<Kernel> {
  const root = request.root === "/" ? "" : request.root;
  if (request.kernel === "FAILSAFE") return await failsafeKernel(host, request.cacheDirectory, reporter);
  if (request.kernel !== undefined) return await namedKernel(host, root, request.kernel);
  const installed = await installedKernel(host, root);
  if (installed) {
    if (root === "" && installed.version !== runningVersion(host)) {
      reporter.info(msg`The running kernel ${runningVersion(host)} is not installed; using ${installed.version}.`);
    }
    return installed;
  }
  reporter.warn(
    msg`${root === "" ? msg`This machine` : root} has no kernel of its own in /boot (a container or a cloud VM?): using the distribution's kernel package instead (-k FAILSAFE).`,
  );
  return await failsafeKernel(host, request.cacheDirectory, reporter);
}
