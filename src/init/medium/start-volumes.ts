import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";

const TIMEOUT_MS = 60_000;

/** Arrays and logical volumes that run. */
const running = (host: Host) => host.list("/sys/class/block").filter((name) => /^(dm-|md)/.test(name));

async function attempt(host: Host, argv: readonly string[], log: (text: string) => void): Promise<void> {
  if (host.which(argv[0] ?? "") === undefined) return;
  try {
    const { code, stderr } = await host.run({ argv, accept: "any", timeoutMs: TIMEOUT_MS });
    if (code !== 0) log(`${argv.join(" ")}: ${stderr.trim()}`);
  } catch (error) {
    log(messageOf(error));
  }
}

/** Types of volumes that hold no records which the kernel writes when they start. Source: lvs(8), segtype. */
const PLAIN = /^(linear|striped)$/;

/**
 * Logical volumes that may be started without a byte being written: those of thin pools, caches and old mirrors have
 * records that the kernel brings up to date. Pure; `text` is what lvs prints: `GROUP/VOLUME SEGTYPE` a line, a line for
 * each segment.
 */
export function plainVolumes(text: string): { readonly plain: string[]; readonly others: string[] } {
  const types = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [name, type] = line.trim().split(/\s+/);
    if (name !== undefined && type !== undefined) types.set(name, [...(types.get(name) ?? []), type]);
  }
  const names = [...types.keys()];
  const isPlain = (name: string) => (types.get(name) ?? []).every((type) => PLAIN.test(type));
  return { plain: names.filter(isPlain), others: names.filter((name) => !isPlain(name)) };
}

const GLOBAL = "global/metadata_read_only=1 devices/use_devicesfile=0";

/** Starts what can be started without writing, read-only. Returns the names of the rest. */
async function startGroups(host: Host, log: (text: string) => void): Promise<readonly string[]> {
  if (host.which("lvm") === undefined) return [];
  const columns = ["--noheadings", "--options", "lv_full_name,segtype"];
  const { code, stdout, stderr } = await host.run({
    argv: ["lvm", "lvs", "--config", GLOBAL, ...columns],
    accept: "any",
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) log(`lvm lvs: ${stderr.trim()}`);
  const { plain, others } = plainVolumes(stdout);
  if (plain.length === 0) return others;
  const list = plain.map((name) => `"${name}"`).join(",");
  const config = `${GLOBAL} activation { monitoring=0 verify_udev_operations=1 read_only_volume_list=[${list}] }`;
  await attempt(host, ["lvm", "lvchange", "--config", config, "--activate", "y", ...plain], log);
  return others;
}

/** What was started for a search. */
export interface StartedVolumes {
  /** Volumes that were not: `GROUP/VOLUME`. */
  readonly left: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts the arrays and volume groups of this machine's disks, so that sets on them can be found: arrays read-only,
 * which syncs nothing, and of the groups the volumes whose start writes nothing. Where some run already, a person has
 * started them, and nothing is done.
 */
export async function startVolumes(host: Host, log: (text: string) => void): Promise<StartedVolumes> {
  if (running(host).length > 0) return { left: [], stop: async () => {} };
  await attempt(host, ["mdadm", "--assemble", "--scan", "--readonly", "--no-degraded"], log);
  const left = await startGroups(host, log).catch((error) => {
    log(messageOf(error));
    return [];
  });
  const stop = async () => {
    if (running(host).length === 0) return;
    await attempt(host, ["lvm", "vgchange", "--config", GLOBAL, "--activate", "n"], log);
    await attempt(host, ["mdadm", "--stop", "--scan"], log);
  };
  return { left, stop };
}
