import { Decrypter, Encrypter } from "age-encryption";
import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Secret } from "../../base/secret.ts";

/** scrypt with N = 2^18, r = 8, p = 1: 256 MiB and about a second for each guess, as the program `age` has it. */
const WORK_FACTOR = 18;

/** Encrypts bytes to a pass phrase, as `age -p` does: whoever has `age` and the pass phrase gets them back. */
export async function seal(bytes: Uint8Array, phrase: Secret): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  encrypter.setPassphrase(decodeText(phrase.reveal()));
  return await encrypter.encrypt(bytes);
}

/** The bytes again; undefined when the pass phrase is another. Throws `damaged` for what `seal` did not make. */
export async function unseal(sealed: Uint8Array, phrase: Secret, name: string): Promise<Uint8Array | undefined> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(decodeText(phrase.reveal()));
  try {
    return await decrypter.decrypt(sealed);
  } catch (cause) {
    if (cause instanceof Error && /no identity matched/.test(cause.message)) return undefined;
    throw new MondoError(
      "damaged",
      msg`${name} can't be decrypted: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: msg`Use another copy of the backup: this one is not what was written.`,
        cause,
      },
    );
  }
}
