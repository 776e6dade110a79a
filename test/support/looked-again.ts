import { linuxHost } from "../../src/host/linux.ts";
import { targetDisk } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { readDevices } from "../../src/probe/read-devices.ts";

/** The same plan for what lies on its disks now: a plan that was carried out is none for what it has made. */
export async function lookedAgain(plan: Plan): Promise<Plan> {
  const candidates = candidatesFrom(await readDevices(linuxHost(), { loops: true }));
  const disks = plan.disks.map((disk) => {
    const now = candidates.find((candidate) => candidate.disk.path === disk.path);
    return now ? targetDisk(now) : disk;
  });
  return { ...plan, disks };
}
