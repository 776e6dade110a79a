import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { volumeDriverOf } from "../drivers/volume/volume-drivers.ts";
import type { VolumeTrial } from "../drivers/volume-contract.ts";
import type { LayoutNode } from "../layout/types.ts";
import { makeSparse } from "./sparse-place.ts";
import { isOwnTrouble, play, type Stage } from "./try-action.ts";

/** What became of trials, as sentences. */
export interface Tried {
  readonly failures: readonly string[];
  readonly differences: readonly string[];
}

async function tryOne(stage: Stage, node: LayoutNode, file: string, trial: VolumeTrial): Promise<Tried> {
  const { host, log } = stage;
  const named = "path" in node ? String(node.path) : node.id;
  try {
    makeSparse(host, file, trial.sizeBytes);
    const { secrets } = trial;
    await play({ ...stage, ...(secrets ? { secrets } : {}) }, trial.effects);
    const read = (offset: number, length: number) => host.readAt(file, offset, length);
    return { failures: [], differences: trial.differences(read) };
  } catch (error) {
    const reason = messageOf(error);
    if (!isOwnTrouble(error)) return { failures: [msg`Make ${named}: ${reason}`], differences: [] };
    log(`not tried: ${named}: ${reason}`);
    return { failures: [], differences: [] };
  } finally {
    host.remove(file);
  }
}

/** Tries in sparse files what of the making of each volume they can show. Throws nothing for what fails. */
export async function tryVolumes(stage: Stage): Promise<Tried> {
  const { host, directory, layout, endMs, log } = stage;
  const results: Tried[] = [];
  for (const [index, node] of layout.nodes.entries()) {
    const file = `${directory}/volume-${index}`;
    const trial = volumeDriverOf(node)?.trial?.(node, file);
    if (!trial) continue;
    const tools = trial.effects.flatMap((effect) => (effect.do === "run" ? (effect.argv[0] ?? []) : []));
    const missing = tools.find((tool) => host.which(tool) === undefined);
    if (missing !== undefined) log(`not tried: ${node.id}: ${missing} is not installed`);
    else if (host.nowMs() >= endMs) log(`not tried: ${node.id}: the time for it is up`);
    else results.push(await tryOne(stage, node, file, trial));
  }
  return {
    failures: results.flatMap(({ failures }) => failures),
    differences: results.flatMap(({ differences }) => differences),
  };
}
