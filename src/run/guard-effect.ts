import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Effect } from "../effects/effect.ts";
import { devicesIn, pathsIn } from "../effects/effect-rows.ts";
import { isBelow, plainPath } from "../effects/plain-path.ts";
import { undeclaredDevices } from "../effects/undeclared-devices.ts";
import { isPartitionPath } from "../layout/graph.ts";
import { mappedPath } from "../layout/mapped-path.ts";
import type { Plan } from "../plan/restore-plan.ts";

/** Where a restore keeps its temporary files, in memory. */
const SCRATCH = "/run/mondo";

function refusal(message: string, effect: Effect, data: Readonly<Record<string, unknown>>): MondoError {
  return new MondoError("refused", message, {
    hint: msg`Nothing was done to it. Make the plan again.`,
    data: { ...data, effect: effect.do },
  });
}

/** Whether a device is one of the disks or a partition of one. */
function belongsTo(device: string, disks: readonly { readonly path: string }[]): boolean {
  return disks.some(({ path }) => device === path || isPartitionPath(path, device));
}

/** A group that the plan makes has hidden volumes, too: the metadata of thin pools. */
function isInGroup(device: string, group: string | undefined): boolean {
  if (group === undefined) return false;
  const mapped = mappedPath(group, "");
  return device.startsWith(`/dev/${group}/`) || (device.startsWith(mapped) && device[mapped.length] !== "-");
}

function isOwnDevice(plan: Plan, device: string): boolean {
  if (!device.startsWith("/dev/") || plainPath(device) !== device) return false;
  return (
    belongsTo(device, plan.disks) ||
    belongsTo(device, plan.volumes) ||
    plan.volumes.some(({ group }) => isInGroup(device, group))
  );
}

/** A command must declare every device that it names: otherwise it could write anywhere. */
function guardCommand(plan: Plan, effect: Effect): void {
  const [device] = effect.do === "run" ? undeclaredDevices(effect, plan.root) : [];
  if (effect.do !== "run" || device === undefined) return;
  throw refusal(msg`the command ${effect.argv[0]} names ${device}, which it doesn't declare`, effect, { device });
}

/** What is kept is no target, and nothing else is closed to writes. */
function guardKept(plan: Plan, effect: Effect): void {
  const kept = plan.kept?.disks ?? [];
  if (effect.do === "keep" && !kept.some(({ path }) => path === effect.path)) {
    throw refusal(msg`the plan would close ${effect.path} to writes, which it doesn't keep`, effect, {
      device: effect.path,
    });
  }
  const device = devicesIn(effect).find((one) => belongsTo(one, kept));
  if (device === undefined) return;
  throw refusal(msg`the plan would write to ${device}, which is kept as it is`, effect, { device });
}

function guardDevices(plan: Plan, effect: Effect): void {
  const device = devicesIn(effect).find((one) => !isOwnDevice(plan, one));
  if (device === undefined) return;
  throw refusal(msg`the plan would write to ${device}, which is not one of its target disks`, effect, { device });
}

function guardPaths(plan: Plan, effect: Effect): void {
  const path = pathsIn(effect).find((one) => ![plan.root, SCRATCH].some((directory) => isBelow(one, directory)));
  if (path === undefined) return;
  throw refusal(msg`the plan would write to ${path}, which is not below ${plan.root}`, effect, { path });
}

/** Refuses an effect on a device that is not on the plan's disks or on a path outside its root, by their names. */
export function guardEffect(plan: Plan, effect: Effect): void {
  guardCommand(plan, effect);
  guardKept(plan, effect);
  guardDevices(plan, effect);
  guardPaths(plan, effect);
}
