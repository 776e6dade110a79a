import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import type { Candidate } from "../layout/candidate.ts";
import type { Plan, TargetDisk } from "../plan/restore-plan.ts";
import { contentOfDevice } from "../probe/describe-content.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { disksBelow } from "../probe/uses.ts";

/** Whether a disk holds something else than when the plan was made: then it may be another one. */
function holdsOther({ holds }: TargetDisk, { identities = [], digest }: Candidate): boolean {
  if (!holds) return false;
  return holds.digest !== digest || holds.identities.join() !== [...identities].sort().join();
}

const refuse = (message: string) =>
  new MondoError("refused", message, { hint: msg`Nothing was written. Look at the disks and make the plan again.` });

/** The disk as it is now. Throws `refused` for one that isn't the one the plan was made for, or is in use. */
function sameDisk(disk: TargetDisk, candidates: readonly Candidate[]): Candidate {
  const now = candidates.find((candidate) => candidate.disk.path === disk.path);
  if (!now) throw refuse(msg`${disk.path} is gone`);
  if (now.disk.sizeBytes !== disk.sizeBytes) {
    throw refuse(
      msg`${disk.path} is ${formatBytes(now.disk.sizeBytes)} now, but the plan was made for ${formatBytes(disk.sizeBytes)}`,
    );
  }
  if (now.disk.serial !== disk.serial || now.disk.wwn !== disk.wwn) {
    throw refuse(
      msg`${disk.path} is not the disk that the plan was made for (serial ${now.disk.serial ?? msg`unknown`})`,
    );
  }
  if (holdsOther(disk, now)) {
    const before = disk.holds?.words;
    const same = before === now.contents ? msg`other things of the same kind` : now.contents;
    throw refuse(msg`${disk.path} holds ${same} now, but ${before} when the plan was made: it may be another disk`);
  }
  if (now.busy !== undefined) throw refuse(now.busy);
  return now;
}

/** Refuses, right before the first write, a disk that isn't the one the plan was made for, or is in use. */
export function guardDisks(plan: Plan, candidates: readonly Candidate[]): void {
  const kept = plan.kept?.disks ?? [];
  for (const disk of plan.disks) {
    const now = sameDisk(disk, candidates);
    if (now.readOnly) throw refuse(msg`${disk.path} is read-only`);
    if (kept.some(({ path }) => path === disk.path)) throw refuse(msg`${disk.path} is to be kept and erased`);
  }
  for (const disk of kept) sameDisk(disk, candidates);
}

/** Refuses volumes that exist on other disks already: the plan would write to those instead. */
export function guardVolumes(plan: Plan, facts: StorageFacts): void {
  const own = new Set(plan.disks.map((disk) => disk.path));
  const foreign = facts.devices.filter(
    (d) => d.sizeBytes > 0 && disksBelow(facts, d).some((disk) => !own.has(disk.path)),
  );
  for (const { path, group } of plan.volumes) {
    const taken = foreign.find((device) => {
      if (group === undefined) return device.path === path || path === `/dev/mapper/${device.dmName}`;
      const content = contentOfDevice(facts, device);
      return content.kind === "member" && content.type === "lvm" && content.member.name === group;
    });
    if (taken === undefined) continue;
    const what =
      group === undefined
        ? msg`${path} is ${path.startsWith("/dev/mapper/") ? msg`an open volume` : msg`an array`}`
        : msg`the volume group ${group} is`;
    const where = group === undefined ? msg`on other disks` : msg`on ${taken.path}, too`;
    throw new MondoError("refused", msg`${what} ${where}, which the restore must not change`, {
      hint: msg`Nothing was written. Remove that disk, or stop or rename what is on it.`,
      data: { path, device: taken.path },
    });
  }
}

/** Refuses a second file system with a restored one's UUID if the kernel goes by UUIDs alone: it would mix them up. */
export function guardFilesystems(plan: Plan, facts: StorageFacts): void {
  const own = new Set(plan.disks.map((disk) => disk.path));
  for (const device of facts.devices) {
    if (device.sizeBytes === 0 || disksBelow(facts, device).every((disk) => own.has(disk.path))) continue;
    const content = contentOfDevice(facts, device);
    if (content.kind !== "filesystem") continue;
    const twin = plan.uniqueFilesystems?.find((fs) => fs.type === content.type && fs.uuid === content.facts.uuid);
    if (!twin) continue;
    const what = msg`${device.path} holds the file system (${twin.type}) with the UUID ${twin.uuid}, too`;
    throw new MondoError("refused", msg`${what}: the kernel would confuse it with the restored one`, {
      hint: msg`Nothing was written. Remove that disk; or, if nothing on it is needed, erase its signature (wipefs --all ${device.path}). Then start again.`,
      data: { device: device.path },
    });
  }
}

/** Missing tools out of those that the plan runs in the rescue. */
export function missingTools(host: Host, plan: Plan): string[] {
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  const tools = effects.flatMap((effect) =>
    effect.do === "run" && !effect.chroot && !effect.optional ? [effect.argv[0] ?? ""] : [],
  );
  return [...new Set(tools)].filter((tool) => host.which(tool) === undefined);
}
