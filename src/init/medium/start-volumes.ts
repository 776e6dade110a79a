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

/**
 * Starts the arrays and volume groups of this machine's disks, so that sets on them can be found: arrays read-only,
 * which syncs nothing, groups without writing their metadata. Where some run already, a person has started them, and
 * nothing is done. Returns how to stop what was started.
 */
export async function startVolumes(host: Host, log: (text: string) => void): Promise<() => Promise<void>> {
  if (running(host).length > 0) return async () => {};
  await attempt(host, ["mdadm", "--assemble", "--scan", "--readonly", "--no-degraded"], log);
  await attempt(host, ["vgchange", "--config", "global/metadata_read_only=1", "-ay"], log);
  return async () => {
    if (running(host).length === 0) return;
    await attempt(host, ["vgchange", "--config", "global/metadata_read_only=1", "-an"], log);
    await attempt(host, ["mdadm", "--stop", "--scan"], log);
  };
}
