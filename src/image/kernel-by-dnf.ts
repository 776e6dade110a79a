import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
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
}

async function newest(host: Host, names: readonly string[]): Promise<Found[]> {
  const format = "%{name} %{evr} %{arch}\\n";
  const argv = ["dnf", "-q", "repoquery", "--latest-limit=1", `--queryformat=${format}`, ...names];
  const { stdout } = await host.run({ argv, accept: "any", timeoutMs: ASK_TIMEOUT_MS });
  return stdout.split("\n").flatMap((line) => {
    const [name, evr, arch] = line.trim().split(" ");
    return name && evr && arch === architecture.machine && names.includes(name) ? [{ name, evr }] : [];
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

/** The kernel of Fedora, RHEL and their kin, by dnf 4 or 5; signatures are checked by RPM. */
export const kernelByDnf: KernelSource = {
  needs: ["dnf", ...RPM_TOOLS],
  refresh: "dnf makecache",
  async current(host) {
    const parts = await newest(host, PARTS);
    const core = parts.find(({ name }) => name === PARTS[0]) ?? (await newest(host, [WHOLE]))[0];
    if (core === undefined) return undefined;
    const same = [core, ...parts.filter(({ name, evr }) => name !== core.name && evr === core.evr)];
    const packages = same.map(({ name, evr }) => `${name}-${evr}.${architecture.machine}`);
    return { name: `${core.name}-${core.evr}`, packages };
  },
  async unpack(host, { packages }, into) {
    const files = await download(host, packages, into);
    for (const file of files) await unpackRpm(host, file, into);
    for (const name of host.list(into)) if (name.endsWith(".rpm")) host.remove(`${into}/${name}`);
  },
};
