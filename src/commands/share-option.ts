import { MondoError } from "../base/errors.ts";
import type { Share } from "../shares/share-driver.ts";
import { shareDrivers } from "../shares/share-drivers.ts";
import { parseShare, shareSyntax } from "../shares/share-words.ts";

/** How `-n` names a share: the ways to write one that a backup can be written to. */
export const shareForms = (which: "short" | "all"): readonly string[] =>
  shareSyntax(
    which,
    shareDrivers.filter(({ isWritable }) => isWritable),
  );

/** The share that `-n` names. Throws `usage` unless a backup can be written to it. */
export function decodeShare(text: string): Share {
  const share = parseShare(text);
  if (share?.driver.isWritable) return share;
  throw new MondoError("usage", `-n ${share?.name ?? text} is not ${shareForms("short").join(" or ")}`, {
    hint: "Write it like -n 10.0.0.2:/srv/backup.",
  });
}
