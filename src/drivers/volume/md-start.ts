import type { Raid } from "../../layout/types.ts";
import type { VolumeStart } from "../volume-contract.ts";
import { notStarted } from "./not-started.ts";

/** Assembles an array read-only, also where members are missing; mdadm notes that in the superblock of one member. */
export async function startRaid(raid: Raid, { host, look }: VolumeStart): Promise<boolean> {
  const { devices } = await look();
  if (devices.some((device) => device.path === raid.path && device.sizeBytes > 0)) return false;
  const argv = ["mdadm", "--assemble", "--readonly", "--run", raid.path, `--uuid=${raid.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "md_mod"], accept: "any" });
    await host.run({ argv, timeoutMs: 60_000 });
  } catch (cause) {
    throw notStarted(`${raid.path} can't be started`, cause);
  }
  return true;
}
