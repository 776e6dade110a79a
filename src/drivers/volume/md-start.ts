import type { Raid } from "../../layout/types.ts";
import type { VolumeStart } from "../volume-contract.ts";
import { notStarted } from "./not-started.ts";

/**
 * Assembles an array, by default read-only, also where members are missing; mdadm notes that in the superblock of one
 * member.
 */
export async function startRaid(raid: Raid, { host, look, writable = false }: VolumeStart): Promise<boolean> {
  const { devices } = await look();
  if (devices.some((device) => device.path === raid.path && device.sizeBytes > 0)) {
    // One that is writable already says so by its exit status.
    if (writable) await host.run({ argv: ["mdadm", "--readwrite", raid.path], accept: "any", timeoutMs: 60_000 });
    return false;
  }
  const argv = ["mdadm", "--assemble", ...(writable ? [] : ["--readonly"]), "--run", raid.path, `--uuid=${raid.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "md_mod"], accept: "any" });
    await host.run({ argv, timeoutMs: 60_000 });
  } catch (cause) {
    throw notStarted(`${raid.path} can't be started`, cause);
  }
  return true;
}
