import { manifestFlaw } from "../archive/set/signature.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { RestoreContext } from "./context.ts";

/**
 * Decides on a set that is not signed by a key that this rescue system trusts, before anything is written: a person is
 * asked (`ask`). Throws `refused` otherwise.
 */
export async function agreeToStranger(context: RestoreContext, way: "ask" | "later"): Promise<void> {
  const { manifest, trusted, setDirectory, ask, reporter } = context;
  const flaw = trusted && manifestFlaw(manifest, trusted, setDirectory);
  if (flaw === undefined) return;
  reporter.warn(msg`${flaw}: whoever could write to it may have changed it`);
  if (way === "ask" && (await ask.confirm(msg`Restore it all the same?`, false))) return;
  throw new MondoError("refused", flaw, {
    hint: msg`Nothing was written. Use the backup that this medium was made for; to restore this one, choose interactive.`,
  });
}
