import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/**
 * What a person could change about the way to a server. Errors name it in `data.setting`; how it is changed (a boot
 * word of the rescue, an option of a command) is known to whoever was asked for the work, who adds it to the hint.
 */
export type Setting =
  | "share" // where the set is
  | "card"
  | "bond"
  | "address"
  | "address6"
  | "gateway"
  | "name-server"
  | "kernel" // the one that runs here
  | "ssh" // the program
  | "ssh-key"
  | "certificates"; // whom this machine trusts

/** For each setting, a clause in the imperative: "give the address yourself in ipconf=…". */
export type SettingHints = Readonly<Record<Setting, string>>;

/** The `data` of an error that a change of this setting may cure. */
export const cure = (setting: Setting): { readonly data: { readonly setting: Setting } } => ({ data: { setting } });

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** The error with a hint about how to change its setting here; anything else unchanged. */
export function withSettingHint(error: unknown, hints: SettingHints): unknown {
  if (!(error instanceof MondoError)) return error;
  const { setting, ...data } = error.data;
  const clause = hints[setting as Setting] as string | undefined;
  if (clause === undefined) return error;
  const hint = error.hint === undefined ? sentence(clause) : `${error.hint.replace(/\.$/, "")}${msg`, or`} ${clause}.`;
  return new MondoError(error.code, error.message, { hint, data, cause: error });
}
