import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Share } from "../shares/share-driver.ts";
import { shareDrivers } from "../shares/share-drivers.ts";
import { parseShare, shareSyntax } from "../shares/share-words.ts";

/** How `-n` and `--to` name a place: the ways to write one that takes such. */
export const shareForms = (which: "short" | "all", takes: "files" | "objects"): readonly string[] =>
  shareSyntax(
    which,
    shareDrivers.filter((driver) => driver.takes === takes),
  );

/** The share that `-n` names. Throws `usage` unless a backup can be written to it. */
export function decodeShare(text: string): Share {
  const share = parseShare(text);
  if (share && share.driver.takes !== "nothing") return share;
  const forms = [...shareForms("short", "files"), ...shareForms("short", "objects")];
  throw new MondoError("usage", msg`-n ${share?.name ?? text} is not ${forms.join(msg` or `)}`, {
    hint: msg`Write it like -n 10.0.0.2:/srv/backup.`,
  });
}

/** The share that `--to` names. Throws `usage` unless it takes whole objects. */
export function decodeStore(text: string): Share {
  const share = parseShare(text);
  if (share?.driver.takes === "objects") return share;
  const name = share?.name ?? text;
  const hint = share?.driver.takes === "files" ? msg`Write -n ${name}.` : msg`Write it like --to s3://backups/web.`;
  throw new MondoError("usage", msg`--to ${name} is not ${shareForms("short", "objects").join(msg` or `)}`, { hint });
}
