import { KEEP_MEANING, type KeepWish, parseKeepWish } from "../layout/keep/keep-wish.ts";
import type { CommandContext } from "./command.ts";
import type { OptionSpec } from "./spec.ts";

/** `--keep`: what stays as it is. */
export const keepOption: OptionSpec = { long: "keep", value: "LIST", help: KEEP_MEANING };

/** The wish that was given. */
export function keepOf({ values }: CommandContext["words"]): { readonly keep?: KeepWish } {
  const text = values.get("keep");
  return text === undefined ? {} : { keep: parseKeepWish(text) };
}
