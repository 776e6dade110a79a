import { MondoError } from "../base/errors.ts";
import { KEEP_MEANING, type KeepWish, parseKeepWish } from "../layout/keep/keep-wish.ts";
import type { CommandContext } from "./command.ts";
import type { OptionSpec } from "./spec.ts";

/** `--keep`: what stays as it is. */
export const keepOption: OptionSpec = { long: "keep", value: "LIST", help: KEEP_MEANING };

/** The wish that was given; throws `usage`. */
export function keepOf({ values }: CommandContext["words"]): { readonly keep?: KeepWish } {
  const text = values.get("keep");
  if (text === undefined) return {};
  const keep = parseKeepWish(text);
  if (keep !== undefined) return { keep };
  throw new MondoError("usage", `--keep ${text} is not a list of mount points and disks`, {
    hint: "Write auto, none, or names with commas between: /srv,sdb.",
  });
}
