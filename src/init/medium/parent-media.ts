/** Where the sets are that the medium's set builds on. */

import { type FoundSets, findParents, parentIds, requireParents, setsIn } from "../../archive/set/chain.ts";
import { type OpenSet, openSet } from "../../archive/set/open-set.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { RestoreContext } from "../../restore/context.ts";
import { explainFailure } from "../person/explain-failure.ts";
import { askWhatToDo } from "../person/menu.ts";
import type { Rescue } from "../rescue.ts";
import { type BlockDevice, listBlockDevices } from "./block-devices.ts";
import type { Medium } from "./mounted-medium.ts";
import { deviceParts } from "./set-parts.ts";
import { volumeIdOn } from "./volume-id.ts";

/** The set on a device, read without mounting it; undefined when there is none. */
async function setOnDevice(host: Host, { path }: BlockDevice): Promise<OpenSet | undefined> {
  if ((await volumeIdOn(path)) === undefined) return undefined;
  try {
    return openSet(host, path);
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/** What was found, and the devices that it lies on. */
interface Search {
  readonly found: FoundSets;
  readonly carriers: readonly string[];
}

/** Looks beside the medium on its share, then on every other device. */
async function search(host: Host, medium: Medium, set: OpenSet): Promise<Search> {
  const wanted = parentIds(set.manifest);
  const found = new Map([
    ...findParents(host, set),
    ...(medium.beside === undefined ? [] : setsIn(host, medium.beside, wanted)),
  ]);
  const carriers: string[] = [];
  for (const device of listBlockDevices(host)) {
    if (found.size === wanted.size) break;
    if (medium.carriers.includes(device.path)) continue;
    const other = await setOnDevice(host, device);
    const id = other?.manifest.set.toLowerCase();
    if (!other || id === undefined || !wanted.has(id) || found.has(id)) continue;
    found.set(id, other);
    carriers.push(device.path, `/dev/${device.disk}`);
  }
  return { found, carriers };
}

function setOf({ host, locate }: RestoreContext, medium: Medium): OpenSet {
  const set = openSet(host, medium.setDirectory);
  return { ...set, name: medium.name, ...(locate ? { locate } : {}) };
}

/**
 * Adds the parents of a differential set to what a restore works with: found on the same share or in any other drive.
 * With `ask`, a person may insert what is missing. Throws `not-found` naming each missing one, before anything is
 * written.
 */
export async function addParents(rescue: Rescue, context: RestoreContext, ask: boolean): Promise<RestoreContext> {
  const { host, medium, reporter } = rescue;
  if (!medium || parentIds(context.manifest).size === 0 || context.media?.isChanged) return context;
  for (;;) {
    const set = setOf(context, medium);
    const { found, carriers } = await search(host, medium, set);
    try {
      const { manifest, locate, needed } = requireParents(set, found);
      for (const { name, manifest: parent } of found.values()) {
        reporter.info(msg`Builds on the backup of level ${parent.level ?? 0} on ${name}`);
      }
      const all = [...new Set([...context.carriers, ...carriers])];
      return { ...context, manifest, locate, ...(needed ? { needed } : {}), carriers: all };
    } catch (error) {
      if (!ask || !(error instanceof MondoError)) throw error;
      const choice = await decide(rescue, error, medium.beside === undefined);
      if (choice === "change") return { ...context, ...deviceParts(rescue, context.manifest) };
      if (choice === "back") throw error;
    }
  }
}

async function decide(rescue: Rescue, error: MondoError, inDrive: boolean): Promise<"again" | "change" | "back"> {
  await explainFailure(rescue, msg`Not all of the backup is here`, error);
  const choices = [
    { key: "again", label: msg`Look again (connect or insert it in another drive first)` },
    ...(inDrive
      ? [{ key: "change", label: msg`Change discs in one drive: each is asked for when its turn comes` }]
      : []),
    { key: "back", label: msg`Go back` },
  ];
  const about = {
    title: msg`Not all of the backup is here`,
    help: [
      msg`It holds what changed since other backups, which are needed, too. Connect or insert them, and look again.`,
    ],
  };
  return (await askWhatToDo(rescue, choices, "again", about)) as "again" | "change" | "back";
}
