import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret, type Secrets } from "../base/secret.ts";
import { luksSecret } from "../drivers/volume/luks-make.ts";
import type { GiveKey } from "../drivers/volume-contract.ts";
import { KNOWN_PHRASE } from "../ui/ask-phrase.ts";
import type { RestoreContext } from "./context.ts";
import { readKeyFile } from "./key-file.ts";

/** Opens volumes for reading: with the key file, or with what the person at the console types. */
export function keyGiver({ host, ask, reporter, luksKey }: RestoreContext): GiveKey {
  return async ({ path, uuid }, failed) => {
    if (luksKey !== undefined) {
      if (!failed) return await readKeyFile(host, luksKey, []);
      throw new MondoError(
        "refused",
        msg`the key file ${luksKey} does not open the LUKS volume ${path} (UUID ${uuid})`,
        {
          hint: msg`Name another one, or leave it out and type the pass phrase.`,
        },
      );
    }
    if (failed) reporter.warn(msg`No key slot has that pass phrase.`);
    const text = msg`Pass phrase of the LUKS volume ${path} (UUID ${uuid})`;
    return Secret.ofText(await ask.line(text, { secret: true, about: KNOWN_PHRASE }));
  };
}

/** Opens volumes with what was gathered before: nobody is asked. Throws `refused` where that doesn't open one. */
export const gatheredKeys =
  (secrets: Secrets): GiveKey =>
  async ({ path, uuid }, failed) => {
    const key = secrets.get(luksSecret({ uuid }));
    if (key && !failed) return key;
    const text = key
      ? msg`the key that was given does not open the LUKS volume ${path} (UUID ${uuid})`
      : msg`nobody gave the pass phrase of the LUKS volume ${path}`;
    throw new MondoError("refused", text);
  };
