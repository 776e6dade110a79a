import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Secret, Secrets } from "../base/secret.ts";
import type { Host } from "../host/host.ts";
import { disksOf } from "../layout/graph.ts";
import { partBelow } from "../layout/part-below.ts";
import { type Luks, nodesOf } from "../layout/types.ts";
import type { Plan } from "../plan/restore-plan.ts";
import { contentOfDevice } from "../probe/describe-content.ts";
import type { StorageFacts } from "../probe/facts.ts";
import { readDevices } from "../probe/read-devices.ts";
import { activateVolumes } from "../run/activate.ts";
import { releaseVolumes } from "../run/release.ts";
import type { RestoreContext } from "./context.ts";
import { gatheredKeys } from "./give-key.ts";
import { partWithFiles } from "./kept-files.ts";
import { openingKey } from "./saved-headers.ts";

/** Encrypted volumes that stay and are opened for the set's files, each after those that it lies in. Pure. */
export const keptVolumes = ({ manifest }: Pick<RestoreContext, "manifest">, plan: Pick<Plan, "kept">): Luks[] =>
  nodesOf(partWithFiles(manifest.layout, plan), "luks");

/** The device that begins with a volume's header. */
function headerIn(facts: StorageFacts, { uuid }: Luks): string | undefined {
  const found = facts.devices.find((device) => {
    const content = contentOfDevice(facts, device);
    return content.kind === "member" && content.type === "luks" && content.member.group === uuid;
  });
  return found?.path;
}

/** What an encrypted volume lies in is stopped again: disks that are kept are closed to writes next. */
async function stopBelow(host: Host, { kept }: Pick<Plan, "kept">, disks: readonly string[]): Promise<void> {
  for (const { path, node } of kept?.disks ?? []) if (disks.includes(node)) await releaseVolumes(host, path);
}

/**
 * A key that opens an encrypted volume that stays, tried where it lies: one of `known`, the key file, or what a person
 * types. Volumes that it lies in are started read-only meanwhile, with what was `gathered` before. Throws `not-found`
 * where it can't be had.
 */
export async function keptKey(
  context: RestoreContext,
  { plan, facts, gathered }: { readonly plan: Plan; readonly facts: StorageFacts; readonly gathered: Secrets },
  luks: Luks,
  known: readonly Secret[],
): Promise<Secret> {
  const { host, manifest } = context;
  const place = headerIn(facts, luks);
  if (place !== undefined) return openingKey(context, luks, known, place);
  const { layout } = manifest;
  const disks = disksOf(layout, luks.id).map(({ id }) => id);
  try {
    await activateVolumes(host, partBelow(layout, [luks.on]), { give: gatheredKeys(gathered) });
    const started = headerIn(await readDevices(host), luks);
    if (started !== undefined) return await openingKey(context, luks, known, started);
    const text = msg`the LUKS volume ${luks.path} (UUID ${luks.uuid}), into which files are to be restored, is not in what was kept`;
    throw new MondoError("not-found", text, {
      hint: msg`Nothing was written. Look at it in the shell, or leave out =files.`,
    });
  } finally {
    await stopBelow(host, plan, disks);
  }
}
