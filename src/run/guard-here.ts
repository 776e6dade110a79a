import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Effect } from "../effects/effect.ts";
import { devicesIn, pathsIn } from "../effects/effect-rows.ts";
import { isBelow } from "../effects/plain-path.ts";
import type { Host } from "../host/host.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { resolveBelow } from "./resolve-below.ts";

/** Device numbers ("major:minor") of the disks that a plan may write to. */
export type OwnDisks = ReadonlySet<string>;

/** Where the kernel's file systems are bound in the restored system. */
const KERNEL = ["/dev", "/proc", "/sys"];
/** The running programs' state is bound there: only mount points may be made. */
const RUN = "/run";
const MOUNTING = new Set<Effect["do"]>(["mkdir", "mount", "unmount"]);
const MAX_DEPTH = 16;

/**
 * The number of the block device that a path leads to now. Undefined if there is none, or nothing to overwrite: nodes
 * of partitions that are gone may remain, and stopped arrays of no size.
 */
function numberAt(host: Host, path: string): string | undefined {
  const stat = host.stat(path);
  if (stat?.kind !== "block") return undefined;
  const sectors = Number(host.tryReadText(`/sys/dev/block/${stat.rdev}/size`) ?? 0);
  return sectors > 0 ? stat.rdev : undefined;
}

/** Looks the plan's disks up on this machine. */
export function ownDisks(host: Host, plan: Pick<Plan, "disks">): OwnDisks {
  return new Set(plan.disks.flatMap(({ path }) => numberAt(host, path) ?? []));
}

/** Numbers of what a device is made of: the disk of a partition, the members of a volume. Source: sysfs(5). */
function numbersBelow(host: Host, number: string): string[] {
  const directory = host.realPath(`/sys/dev/block/${number}`);
  if (directory === undefined) return [];
  const below = host.exists(`${directory}/partition`)
    ? [directory.slice(0, directory.lastIndexOf("/"))]
    : host.list(`${directory}/slaves`).map((name) => `/sys/class/block/${name}`);
  return below.map((at) => host.tryReadText(`${at}/dev`)?.trim() ?? "");
}

/** Whether a device is one of the disks or lies entirely on them. */
function liesOn(host: Host, own: OwnDisks, number: string, depth = 0): boolean {
  if (own.has(number)) return true;
  const below = depth < MAX_DEPTH ? numbersBelow(host, number) : [];
  return below.length > 0 && below.every((one) => liesOn(host, own, one, depth + 1));
}

function refusal(message: string, data: Readonly<Record<string, unknown>>): MondoError {
  return new MondoError("refused", message, { hint: msg`Nothing was done to it. Make the plan again.`, data });
}

/** Whether a device lies entirely on the disks. One that isn't there lies nowhere. */
export function isOnDisks(host: Host, own: OwnDisks, device: string): boolean {
  const number = numberAt(host, device);
  return number !== undefined && liesOn(host, own, number);
}

function guardDevicesHere(host: Host, own: OwnDisks, effect: Effect): void {
  for (const device of devicesIn(effect)) {
    const number = numberAt(host, device);
    if (number === undefined || liesOn(host, own, number)) continue;
    const message = msg`the plan would write to ${device}, which is on a disk that is not a target`;
    throw refusal(message, { device, effect: effect.do });
  }
}

function guardPathsHere(host: Host, root: string, effect: Effect): void {
  const closed = MOUNTING.has(effect.do) ? KERNEL : [...KERNEL, RUN];
  for (const path of pathsIn(effect)) {
    const place = resolveBelow(host, root, path);
    const found = closed.find((directory) => isBelow(place, `${root}${directory}`));
    if (found === undefined) continue;
    throw refusal(msg`the plan would write to ${path}, which belongs to the running kernel`, {
      path,
      effect: effect.do,
    });
  }
}

/**
 * Refuses an effect by what its devices and paths really are on this machine: a device that doesn't lie entirely on the
 * plan's disks, or a path that leads into /dev, /proc, /sys or /run of the restored system, where those of the running
 * one are bound. A path that doesn't exist yet passes; call it again right before the effect.
 */
export function guardHere(host: Host, plan: Plan, own: OwnDisks, effect: Effect): void {
  guardDevicesHere(host, own, effect);
  guardPathsHere(host, plan.root, effect);
}
