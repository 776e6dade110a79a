import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { Action } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { compareLayouts } from "../layout/compare-layouts.ts";
import type { Layout } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import { formatActions } from "../plan/storage-actions.ts";
import { tableActions } from "../plan/table-actions.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import type { DeviceFacts } from "../probe/facts.ts";
import { sparsePlace } from "./sparse-place.ts";
import { aboutDevices, standInsFor } from "./stand-ins.ts";
import { type Stage, tryAction } from "./try-action.ts";
import { trySectorTables } from "./try-sector-tables.ts";
import { tryVolumes } from "./try-volumes.ts";

/** What a restore would not make as it was, as sentences. */
export interface Rehearsal {
  /** Commands that fail: a restore would end there. */
  readonly failures: readonly string[];
  /** What comes back different. */
  readonly differences: readonly string[];
}

const DEADLINE_MS = 120_000;
/**
 * What a file can't show stays out of the comparison: details of mounted file systems beyond their superblocks, and
 * sectors larger than its own, where the tool takes those of the device.
 */
function asInFile(wanted: Layout, found: Layout): Layout {
  const nodes = wanted.nodes.map((node) => {
    if (node.kind !== "filesystem") return node;
    const made = nodesOf(found, "filesystem").find(({ uuid }) => uuid === node.uuid)?.details;
    const isKnown = (key: string) => key in (made ?? {}) || !filesystemDriver(node.type)?.readMounted;
    const isOfFile = (key: string) => key === "sectorBytes" && made?.sectorBytes === 512;
    const compared = Object.entries(node.details).filter(([key]) => !made || (isKnown(key) && !isOfFile(key)));
    return { ...node, details: Object.fromEntries(compared) };
  });
  return { version: 1, nodes };
}

/** Tries some actions, and compares what they made with what was to be made. */
async function tryAll(stage: Stage, actions: readonly Action[], devices: Readonly<Record<string, string>>) {
  const failures: string[] = [];
  const made: DeviceFacts[] = [];
  for (const action of actions) {
    const outcome = await tryAction(stage, action);
    if ("made" in outcome) made.push(...outcome.made);
    else if ("failed" in outcome) failures.push(outcome.failed);
    else stage.log(`not tried: ${action.say}: ${outcome.untried}`);
  }
  const { nodes } = describeDisks({ devices: made, mountinfo: "", swaps: "" }, made);
  const found: Layout = { version: 1, nodes };
  const paths = new Set(made.map(({ path }) => path));
  const wanted = { ...stage.layout, nodes: stage.layout.nodes.filter((n) => n.kind !== "disk" || paths.has(n.path)) };
  return { failures, differences: compareLayouts(asInFile(wanted, found), found, devices) };
}

/**
 * Makes the partition tables, file systems, swap areas and headers of LUKS of a layout in sparse files of their
 * devices' sizes, with the commands of a restore onto the same disks, and compares what came out. Skips what takes too
 * long, has no room or needs more than a file; the log says so. Throws nothing for what fails.
 */
export async function rehearse(
  host: Host,
  layout: Layout,
  places: readonly string[],
  name: string,
  reporter: Reporter,
): Promise<Rehearsal> {
  const directory = sparsePlace(host, places, name);
  const log = (text: string) => reporter.log(text);
  if (directory === undefined) {
    log(`the formatting is not tried: no directory among ${places.join(", ")} has room for sparse files`);
    return { failures: [], differences: [] };
  }
  try {
    const { tables, contents, devices, uuids } = standInsFor(layout, directory);
    const stage = { host, directory, log, endMs: host.nowMs() + DEADLINE_MS };
    const results = [
      await tryAll({ ...stage, layout: tables }, tableActions(tables, devices), devices),
      await tryAll({ ...stage, layout: contents }, formatActions(contents, devices, "/mnt"), devices),
      await trySectorTables({ ...stage, layout }),
      await tryVolumes({ ...stage, layout }),
    ];
    const say = (sentences: readonly string[]) => sentences.map((one) => aboutDevices(directory, uuids, one));
    return {
      failures: say(results.flatMap(({ failures }) => failures)),
      differences: say(results.flatMap(({ differences }) => differences)),
    };
  } finally {
    host.remove(directory);
  }
}

/** Rehearses a restore onto the same disks. Warns of what comes back different; throws `unsupported` for what fails. */
export async function requireRehearsal(
  host: Host,
  layout: Layout,
  places: readonly string[],
  name: string,
  reporter: Reporter,
): Promise<void> {
  if (layout.nodes.length === 0) return;
  reporter.step(msg`Trying what a restore would make, in sparse files`);
  const { failures, differences } = await rehearse(host, layout, places, name, reporter);
  for (const text of differences) reporter.warn(msg`after a restore it will not be as it is now: ${text}`);
  if (failures.length === 0) return;
  throw new MondoError("unsupported", msg`a restore could not do this: ${failures.join("\n")}`, {
    hint: msg`Leave the device out with -E /dev/NAME, or save it as an image with -x /dev/NAME.`,
    data: { failures },
  });
}
