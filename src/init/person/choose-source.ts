import { listTapeDrives } from "../../archive/tape/tape-devices.ts";
import { MondoError, sentenceOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { listLinks } from "../../network/links.ts";
import { askInOrder } from "../../ui/ask-in-order.ts";
import { type BackupHere, backupsHere } from "../medium/backups-here.ts";
import { fetchMedium } from "../medium/fetch-medium.ts";
import { findMedium } from "../medium/find-medium.ts";
import { type Medium, unmountMedium } from "../medium/mounted-medium.ts";
import type { Rescue } from "../rescue.ts";
import { networkFor, type SourceWish, type Surroundings, sourceFields } from "./source-fields.ts";

/** A tape that is put in right now is read within this. */
const TAPE_MS = 5000;

/** Cards are switched on when one is needed: only then they know of their cables. */
async function surroundings(rescue: Rescue, found: readonly BackupHere[]): Promise<Surroundings> {
  const { host, medium, network } = rescue;
  return {
    found: found.map(({ label }) => label),
    ...(medium ? { present: msg`that of ${medium.manifest.host.name} on ${medium.name}` } : {}),
    links: listLinks(host),
    ...(network.card ? { card: network.card } : {}),
    hasTape: listTapeDrives(host).length > 0,
    wishes: network.wishes,
  };
}

async function open(rescue: Rescue, wish: SourceWish, found: readonly BackupHere[]): Promise<Medium> {
  const { network } = rescue;
  const here = found[Number(/^found(\d+)$/.exec(wish.kind ?? "")?.[1] ?? Number.NaN)];
  if (here) return here.open();
  rescue.takesAnySet = true;
  if (wish.kind === "tape") {
    const { source: _, store: __, spares: ___, ...rest } = network.wishes;
    network.wishes = { ...rest, tape: {} };
    return findMedium(rescue, TAPE_MS);
  }
  network.wishes = networkFor(wish, network.wishes);
  return fetchMedium(rescue);
}

/** What lay on a server is not mounted any more, once another place was tried. */
function letGo(rescue: Rescue): void {
  if (!rescue.medium?.reopen) return;
  rescue.reporter.warn(msg`${rescue.medium.name} was let go of: say again where the backup is`);
  rescue.medium = undefined;
  rescue.manifest = undefined;
}

/**
 * Asks where the backup is until one is there, or the person goes back: then all is as it was. True: another one was
 * chosen.
 */
export async function chooseSource(rescue: Rescue): Promise<boolean> {
  const { ask, reporter, network } = rescue;
  const before = { wishes: network.wishes, takesAnySet: rescue.takesAnySet };
  let start: SourceWish = {};
  let isTakenDown = false;
  for (;;) {
    // A disc that is in use is locked in its drive; and another one in its place would not be seen.
    if (!rescue.medium?.reopen) unmountMedium(rescue.host);
    const found = await backupsHere(rescue);
    const wish = await askInOrder(ask, reporter.info, start, sourceFields(await surroundings(rescue, found)));
    if (!wish) {
      network.wishes = before.wishes;
      rescue.takesAnySet = before.takesAnySet;
      if (isTakenDown) letGo(rescue);
      return false;
    }
    start = wish;
    if (wish.kind === "again") continue;
    isTakenDown = true;
    try {
      rescue.medium = await open(rescue, wish, found);
      rescue.manifest = rescue.medium.manifest;
      return true;
    } catch (error) {
      if (!(error instanceof MondoError)) throw error;
      reporter.warn(`${sentenceOf(error)} ${error.hint ?? ""}`.trimEnd());
    }
  }
}
