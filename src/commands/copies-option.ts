import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { parseStorePlace, parseTapePlace } from "../init/words/word-values.ts";
import { shownPlace } from "../network/web-url.ts";
import type { ArchivedCopy } from "../shares/archived-network.ts";
import { parseSource, type SharedPlace, sharedPlace, shareSyntax, sourceOf } from "../shares/share-words.ts";
import type { OptionSpec } from "./spec.ts";

/** `--copies`, and `copies = […]` in a configuration. */
export const copiesOption: OptionSpec = {
  long: "copies",
  value: "PLACES",
  many: true,
  help: msg`servers where copies of this backup lie, which mondo does not make (rsync, a bucket that is replicated): its rescue system reads there what is damaged, missing or away, in this order, after the place of the backup itself; written as in mondo.source=, a directory or an ISO, without passwords; may be given several times`,
};

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });

function decodeCopy(text: string): SharedPlace {
  const shown = shownPlace(text);
  if (parseStorePlace(text) || parseTapePlace(text)) {
    throw usage(
      msg`--copies ${shown} is a place of a machine, not of a server`,
      msg`Leave it out: backups on discs, sticks, disks and tapes are found without it.`,
    );
  }
  const place = sharedPlace(text);
  if (!place) {
    throw usage(
      msg`--copies ${shown} is not a directory on a server, or an ISO there`,
      msg`Write it in one of these ways: ${shareSyntax("all").join(", ")}.`,
    );
  }
  if (parseSource(sourceOf(place)) !== sourceOf(place)) {
    throw usage(
      msg`--copies ${shown}: the rescue system could not name that file`,
      msg`Give the ISO a name without blanks, or name the directory that it lies in.`,
    );
  }
  if (shown === text.trim()) return place;
  throw usage(
    msg`--copies ${shown}: whoever has the backup can read a password or token in the place`,
    msg`Leave it out: the rescue system asks for it, or takes it from mondo.credentials=.`,
  );
}

/** The places that the option names, each once. Throws `usage`. */
export function decodeCopies(texts: readonly string[]): readonly SharedPlace[] {
  const places = new Map<string, SharedPlace>();
  for (const text of texts) {
    const place = decodeCopy(text);
    places.set(sourceOf(place), place);
  }
  return [...places.values()];
}

/** The places as the rescue system finds them, with the keys of SSH servers that this machine knows. */
export async function archivedCopies(
  host: Host,
  places: readonly SharedPlace[],
  reporter: Reporter,
): Promise<readonly ArchivedCopy[]> {
  const copies: ArchivedCopy[] = [];
  for (const place of places) {
    const { share, knownHosts } = (await place.share.resolve?.(host)) ?? { share: place.share };
    if (share.driver.credentials === "ssh-key" && knownHosts === undefined) {
      reporter.warn(
        msg`The key of the SSH server of --copies ${share.name} is not known here: a restore will ask whether it is right, unless you connect once by hand (ssh ${share.server}) before a backup`,
      );
    }
    copies.push({ source: sourceOf({ ...place, share }), ...(knownHosts === undefined ? {} : { knownHosts }) });
  }
  return copies;
}
