import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { isUnchecked } from "./dnf-repositories.ts";
import { ASK_TIMEOUT_MS, FETCH_TIMEOUT_MS, type KernelSource } from "./kernel-source.ts";
import { RPM_TOOLS, unpackRpm } from "./unpack-rpm.ts";

/**
 * The kernel's file and the modules that a rescue needs: two packages in RHEL 8, three since RHEL 9.2; one, called
 * kernel, in Amazon Linux.
 */
const PARTS = ["kernel-core", "kernel-modules-core", "kernel-modules"] as const;
const WHOLE = "kernel";

interface Found {
  readonly name: string;
  /** Version and release; an epoch before them. */
  readonly evr: string;
  /** The repository that has it. */
  readonly repository: string;
}

async function newest(host: Host, names: readonly string[]): Promise<Found[]> {
  const format = "%{name} %{evr} %{arch} %{repoid}\\n";
  const argv = ["dnf", "-q", "repoquery", "--latest-limit=1", `--queryformat=${format}`, ...names];
  const { stdout } = await host.run({ argv, accept: "any", timeoutMs: ASK_TIMEOUT_MS });
  return stdout.split("\n").flatMap((line) => {
    const [name, evr, arch, repository = ""] = line.trim().split(" ");
    return name && evr && arch === architecture.machine && names.includes(name) ? [{ name, evr, repository }] : [];
  });
}

/** `download` is a plugin of dnf 4 that may be missing; the other two skip what is installed, or what isn't. */
const WAYS = [["download"], ["install", "--downloadonly"], ["reinstall", "--downloadonly"]] as const;

const fileOf = (name: string) => `${name.replace(/-\d+:(?=[^-]+-[^-]+$)/, "-")}.rpm`;

async function download(host: Host, packages: readonly string[], into: string): Promise<string[]> {
  const files = packages.map((name) => `${into}/${fileOf(name)}`);
  let failure: unknown;
  for (const way of WAYS) {
    try {
      const argv = ["dnf", "-y", ...way, `--destdir=${into}`, ...packages];
      await host.run({ argv, timeoutMs: FETCH_TIMEOUT_MS });
    } catch (error) {
      failure = error;
    }
    if (files.every((file) => host.exists(file))) return files;
  }
  throw failure ?? new MondoError("no-kernel", msg`dnf downloaded nothing for ${packages.join(" ")}`);
}

/** Whether packages from there must be signed. */
function needsSignature(host: Host, repositories: readonly string[], reporter: Reporter): boolean {
  if (!repositories.every((id) => isUnchecked(host, id))) return true;
  const ids = repositories.join(", ");
  reporter.warn(msg`The signature of the fail-safe kernel is not checked: gpgcheck=0 holds for ${ids}`);
  return false;
}

/** The kernel of Fedora, RHEL and their kin, by dnf 4 or 5; RPM checks signatures, as dnf checks what it installs. */
export const kernelByDnf: KernelSource = {
  needs: ["dnf", ...RPM_TOOLS],
  refresh: "dnf makecache",
  async current(host) {
    const parts = await newest(host, PARTS);
    const offered = parts.some(({ name }) => name === PARTS[0]) ? parts : await newest(host, [WHOLE]);
    const core = offered.find(({ name }) => name === PARTS[0] || name === WHOLE);
    if (core === undefined) return undefined;
    const same = offered.filter(({ evr }) => evr === core.evr);
    // Several repositories may have one.
    const packages = new Set(same.map(({ name, evr }) => `${name}-${evr}.${architecture.machine}`));
    const repositories = new Set(same.map(({ repository }) => repository));
    return { name: `${core.name}-${core.evr}`, packages: [...packages], repositories: [...repositories] };
  },
  async unpack(host, { packages, repositories = [] }, into, reporter) {
    const files = await download(host, packages, into);
    const isStrict = repositories.length === 0 || needsSignature(host, repositories, reporter);
    for (const file of files) await unpackRpm(host, file, into, isStrict);
    for (const name of host.list(into)) if (name.endsWith(".rpm")) host.remove(`${into}/${name}`);
  },
};
