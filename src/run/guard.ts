import { MondoError } from "../base/errors.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import type { Candidate } from "../layout/match.ts";
import type { Effect, Plan, TargetDisk } from "../plan/types.ts";

/** Every device that an effect names. */
function devicesIn(effect: Effect): string[] {
  const named: string[] = [];
  if ("path" in effect) named.push(effect.path);
  if (effect.do === "mount") named.push(effect.source);
  if (effect.do === "efiEntry") named.push(effect.disk);
  if (effect.do === "run") named.push(...effect.argv);
  return named.filter((name) => name.startsWith("/dev/"));
}

function belongsTo(device: string, disks: readonly TargetDisk[]): boolean {
  return disks.some(
    ({ path }) => device === path || (device.startsWith(path) && /^p?\d+$/.test(device.slice(path.length))),
  );
}

/** Refuses an effect that names a device outside of the plan's disks, whoever wrote the plan. */
export function guardEffect(plan: Plan, effect: Effect): void {
  const stranger = devicesIn(effect).find((device) => !belongsTo(device, plan.disks));
  if (stranger === undefined) return;
  throw new MondoError("refused", `the plan would touch ${stranger}, which is none of its disks`, {
    hint: "Nothing was done to it. Make the plan again.",
    data: { device: stranger, effect: effect.do },
  });
}

/** Looks right before the first write whether each disk is still the one that the plan was made for, and free. */
export function guardDisks(plan: Plan, candidates: readonly Candidate[]): void {
  const refuse = (message: string) =>
    new MondoError("refused", message, { hint: "Nothing was written. Look at the disks and make the plan again." });
  for (const disk of plan.disks) {
    const now = candidates.find((candidate) => candidate.disk.path === disk.path);
    if (!now) throw refuse(`${disk.path} is gone`);
    if (now.disk.sizeBytes !== disk.sizeBytes) {
      throw refuse(
        `${disk.path} has ${formatBytes(now.disk.sizeBytes)} now, but the plan was made for ${formatBytes(disk.sizeBytes)}`,
      );
    }
    if (now.disk.serial !== disk.serial || now.disk.wwn !== disk.wwn) {
      throw refuse(`${disk.path} is another disk than when the plan was made (serial ${now.disk.serial ?? "unknown"})`);
    }
    if (now.busy !== undefined) throw refuse(now.busy);
    if (now.readOnly) throw refuse(`${disk.path} is read-only`);
  }
}

/** Tools that the plan runs here (not in the restored system) and that are missing. */
export function missingTools(host: Host, plan: Plan): string[] {
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  const tools = effects.flatMap((effect) =>
    effect.do === "run" && !effect.chroot && !effect.optional ? [effect.argv[0] ?? ""] : [],
  );
  return [...new Set(tools)].filter((tool) => host.which(tool) === undefined);
}
