import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Candidate } from "../layout/candidate.ts";
import type { KeepWish } from "../layout/keep/keep-wish.ts";
import { type Layout, type NodeId, nodesOf } from "../layout/types.ts";
import { NO_DISK, planOnto } from "../plan/plan-onto.ts";
import { candidatesFrom } from "../probe/candidates.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { diskOfSet } from "./answers.ts";
import type { Ready } from "./prepare.ts";

/** The restore to preview. */
export interface PreviewRequest {
  readonly layout: Layout;
  /** The layout that was saved, where `layout` was edited. */
  readonly unedited?: Layout;
  /** Id of the set. */
  readonly set: string;
  /** Disk of the layout (name, node or serial number) → device here, as typed. */
  readonly chosen: Readonly<Record<string, string>>;
  /** `false`: sizes stay as they were. */
  readonly resize: boolean;
  /** `false`: the tables on the disks stay. */
  readonly partition: boolean;
  /** What stays as it is. Default: nothing. */
  readonly keep?: KeepWish;
}

/** A disk as the rescue will find it: nothing mounted, no volume running. */
function atRest({ busy: _, volumes: __, ...candidate }: Candidate): Candidate {
  return candidate;
}

const hint = msg`Run "mondo layout" for the names of the disks; write old=new, such as sda=/dev/sdb.`;

/** The names of disks as typed → nodes and device paths; throws `usage` for one that doesn't exist. */
function resolveChoice(
  host: Host,
  layout: Layout,
  candidates: readonly Candidate[],
  chosen: PreviewRequest["chosen"],
): Record<NodeId, string> {
  const answers = Object.entries(chosen).map(([name, device]): [NodeId, string] => {
    const disk = diskOfSet(layout, name);
    if (!disk) throw new MondoError("usage", msg`the backup has no disk ${name}`, { hint });
    if (device === NO_DISK) return [disk.id, NO_DISK];
    const path = device.startsWith("/") ? device : `/dev/${device}`;
    const real = host.realPath(path) ?? path;
    if (!candidates.some((candidate) => candidate.disk.path === real)) {
      throw new MondoError("usage", msg`${path} is not a disk of this machine`, { hint });
    }
    return [disk.id, real];
  });
  return Object.fromEntries(answers);
}

/** A disk that holds something else is named by an option here, not in answers or a menu. */
function withPlanHint(error: unknown): unknown {
  if (!(error instanceof MondoError)) return error;
  const [held] = Array.isArray(error.data.held) ? error.data.held : [];
  if (held === undefined) return error;
  const hint = msg`The rescue asks, or needs answers that name the disk; here, name it with --disks OLD=${held}.`;
  return new MondoError(error.code, error.message, { hint, data: error.data, cause: error });
}

/**
 * The plan that the rescue would make on this machine, from facts read while its own system runs: disks in use count as
 * free. Writes nothing.
 */
export function previewRestore(
  host: Host,
  facts: StorageFacts,
  { layout, unedited, set, chosen, resize, partition, keep = "none" }: PreviewRequest,
): Ready {
  if (nodesOf(layout, "disk").length === 0) {
    throw new MondoError("unsupported", msg`the backup holds only files, no disk layout`, {
      hint: msg`Unpack it with mondo extract.`,
    });
  }
  const candidates = candidatesFrom(facts).map(atRest);
  const disks = { candidates, carriers: [], chosen: resolveChoice(host, layout, candidates, chosen), keep };
  const firmware = host.exists("/sys/firmware/efi") ? "uefi" : "bios";
  try {
    const edited = unedited === undefined ? {} : { unedited };
    const context = { set, firmware, root: "/mnt/restore", resize, partition, ...edited } as const;
    return { ...planOnto(layout, disks, context), facts };
  } catch (error) {
    throw withPlanHint(error);
  }
}
