import { MondoError, messageOf } from "../base/errors.ts";
import type { Secrets } from "../base/secret.ts";
import { GIB, MIB } from "../base/units.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { Action, Effect } from "../effects/effect.ts";
import { devicesIn, pathsIn } from "../effects/effect-rows.ts";
import type { Host } from "../host/host.ts";
import type { Disk, Layout, LayoutNode } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";
import { decodeContent } from "../probe/decode-device.ts";
import { type DeviceFacts, recording } from "../probe/facts.ts";
import { applyEffect } from "../run/apply-effect.ts";
import { makeSparse } from "./sparse-place.ts";

/** Most that a tool writes into a sparse file: the log of a large XFS, the journal of a large ext4. */
const MOST_WRITTEN = 2.5 * GIB;
/**
 * They are about the file that stands for the device, not about what is made in it. mkfs.xfs takes the sectors of the
 * XFS below a file for the file's own.
 */
const OWN_TROUBLE =
  /no space left|quota exceeded|file too large|did not finish|input\/output error|not installed|permission denied|not permitted|hw sector/i;

/** Whether a failure is of the place or the tool, and says nothing about what was tried. Tools speak English here. */
export function isOwnTrouble(error: unknown): boolean {
  const isOurs =
    error instanceof MondoError &&
    (["tool-missing", "no-space", "system"].includes(error.code) || error.data.timedOut === true);
  return isOurs || OWN_TROUBLE.test(messageOf(error));
}

/** Where actions are tried, and on what. */
export interface Stage {
  readonly host: Host;
  readonly directory: string;
  readonly log: (text: string) => void;
  /** Nothing is tried after it. */
  readonly endMs: number;
  readonly layout: Layout;
  /** What the effects ask for. */
  readonly secrets?: Secrets;
  /** Devices that stand for disks as files do. */
  readonly loops?: readonly string[];
}

/** What became of an action; `made`: its files as the probe would read them. */
export type Outcome =
  | { readonly made: DeviceFacts[] }
  | { readonly failed: string }
  /** It could not be tried. */
  | { readonly untried: string };

/** The files that an action makes something in. */
function filesOf({ directory }: Stage, { effects }: Action): string[] {
  const named = effects.flatMap((effect) => [...devicesIn(effect), ...pathsIn(effect)]);
  return [...new Set(named)].filter((path) => path.startsWith(`${directory}/`));
}

/** Whether an effect writes into files of this stage alone, and can be carried out on a file. */
function isPlayable({ directory, loops = [] }: Stage, effect: Effect): boolean {
  if (!["run", "writeAt", "label", "gptNames"].includes(effect.do)) return false;
  const named = [...devicesIn(effect), ...pathsIn(effect)];
  const words = effect.do === "run" ? effect.argv : [];
  const isOurs = (path: string) => path.startsWith(`${directory}/`) || loops.includes(path);
  const isForeign = (word: string) => /(^|=)[/]dev[/]/.test(word) && !loops.includes(word);
  return named.length > 0 && named.every(isOurs) && !words.some(isForeign);
}

/** One attempt after another: the effects of an action that make something. */
export async function play(stage: Stage, effects: readonly Effect[]): Promise<void> {
  const { host, directory, log, endMs, secrets } = stage;
  const unpack = async () => {};
  for (const effect of effects.filter((one) => isPlayable(stage, one))) {
    const timeoutMs = Math.max(1, endMs - host.nowMs());
    const bounded = effect.do === "run" ? { ...effect, timeoutMs } : effect;
    await applyEffect({ host, root: directory, log, unpack, ...(secrets ? { secrets } : {}) }, bounded);
  }
}

/** What the probe would read of a file, if it were a device. */
export function readMade(
  host: Host,
  path: string,
  { sizeBytes, logicalSectorBytes: sectorBytes }: Pick<Disk, "sizeBytes" | "logicalSectorBytes">,
  hasTable: boolean,
): DeviceFacts {
  const [read, saved] = recording((offset, length) => host.readAt(path, offset, length));
  decodeContent(read, { sizeBytes, sectorBytes, whole: true, partitioned: hasTable, held: false });
  const name = path.slice(path.lastIndexOf("/") + 1);
  return {
    ...{ name, path, devno: "", sizeBytes, readOnly: false, removable: false, rotational: false },
    ...{
      logicalSectorBytes: sectorBytes,
      physicalSectorBytes: sectorBytes,
      holders: [],
      slaves: [],
      drivers: [],
      reads: saved(),
    },
  };
}

/** Whether the same tool can't even make its defaults in such a file: then the failure says nothing. */
async function failsAnyhow(stage: Stage, node: LayoutNode | undefined, path: string): Promise<boolean> {
  const plain = node?.kind === "filesystem" ? filesystemDriver(node.type)?.makePlain(node, path) : undefined;
  if (!plain) return false;
  try {
    await play(stage, plain);
    return false;
  } catch {
    return true;
  }
}

async function tryIn(stage: Stage, action: Action, files: readonly string[]): Promise<Outcome> {
  const { host, layout } = stage;
  const disks = nodesOf(layout, "disk").filter(({ path }) => files.includes(path));
  const most = disks.reduce((sum, { sizeBytes }) => sum + 64 * MIB + Math.min(MOST_WRITTEN, sizeBytes / 4), 0);
  if (host.freeBytes(stage.directory) < most) return { untried: "there is no room for it" };
  try {
    for (const { path, sizeBytes } of disks) makeSparse(host, path, sizeBytes);
    await play(stage, action.effects);
    const hasTable = layout.nodes.some(({ kind }) => kind === "table");
    return { made: disks.map((disk) => readMade(host, disk.path, disk, hasTable)) };
  } catch (error) {
    const reason = messageOf(error);
    if (isOwnTrouble(error)) return { untried: reason };
    const anyhow = await failsAnyhow(stage, nodeById(layout, action.node), files[0] ?? "");
    return anyhow ? { untried: reason } : { failed: `${action.say}: ${reason}` };
  }
}

/** Carries out an action on sparse files of its devices' sizes, and removes them. Throws nothing for what fails. */
export async function tryAction(stage: Stage, action: Action): Promise<Outcome> {
  const tools = action.effects.flatMap((effect) => (effect.do === "run" ? (effect.argv[0] ?? []) : []));
  const missing = tools.find((tool) => stage.host.which(tool) === undefined);
  if (missing !== undefined) return { untried: `${missing} is not installed` };
  if (stage.host.nowMs() >= stage.endMs) return { untried: "the time for it is up" };
  const files = filesOf(stage, action);
  try {
    return await tryIn(stage, action, files);
  } finally {
    for (const path of files) stage.host.remove(path);
  }
}
