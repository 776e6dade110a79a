import { unseal } from "../archive/set/seal.ts";
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import { formatBytes, MIB } from "../base/units.ts";
import { LUKS_HEADERS, luksHeaderFile } from "../drivers/volume/luks-make.ts";
import { sha256 } from "../host/compress.ts";
import type { Host } from "../host/host.ts";
import type { Luks } from "../layout/types.ts";
import { KNOWN_PHRASE } from "../ui/ask-phrase.ts";
import type { RestoreContext } from "./context.ts";
import { memoryBytes } from "./memory.ts";

const HINT = msg`Nothing was written. Name another key file, or leave it out and type the pass phrase.`;
const UNLOCK_MS = 600_000;
/** What scrypt needs, with some reserve. */
const UNSEAL_BYTES = 300 * MIB;
/** Exit status of cryptsetup when the key is wrong. Source: cryptsetup(8), RETURN CODES. */
const WRONG_KEY = 2;

/** The encrypted header, as the manifest names it: the one of another backup has other key slots. */
function readSealed({ host, setDirectory, locate, manifest }: RestoreContext, name: string): Uint8Array {
  const file = `${setDirectory}/${name}`;
  const span = locate ? locate(name) : { path: file, offset: 0, sizeBytes: host.stat(file)?.sizeBytes ?? 0 };
  const known = manifest.headers?.find((header) => header.name === name);
  const failed = (what: string) =>
    new MondoError("damaged", `${name} ${what}`, { hint: msg`Use another copy of the backup.` });
  if (!known || !span || span.sizeBytes === 0) throw failed(msg`is missing in the backup`);
  const { sizeBytes } = known;
  const bytes = span.sizeBytes === sizeBytes ? host.readAt(span.path, span.offset, sizeBytes) : undefined;
  if (bytes && sha256(bytes) === known.sha256) return bytes;
  throw failed(msg`in the backup is not what was written: it does not have the checksum that the manifest names`);
}

/** `age` takes pass phrases as text; a file that holds one may end with a newline. */
const asPhrase = (key: Secret) => Secret.ofText(decodeText(key.reveal()).replace(/\r?\n$/, ""));

/** Decrypts one header to where the plan looks for it; false when the pass phrase is wrong. */
async function unsealOne(context: RestoreContext, luks: Luks, phrase: Secret): Promise<boolean> {
  const { host } = context;
  const name = luks.header ?? "";
  const header = await unseal(readSealed(context, name), phrase, name);
  if (!header) return false;
  host.makeDirectory(LUKS_HEADERS, 0o700);
  host.write(luksHeaderFile(luks), header, 0o600);
  return true;
}

/**
 * Decrypts the saved headers of volumes into memory with the administrator's pass phrase, and returns it. A key file
 * must hold it; a person is asked until it is right.
 */
export async function unsealHeaders(
  context: RestoreContext,
  volumes: readonly Luks[],
  key: Secret | undefined,
): Promise<Secret> {
  const { host, ask, reporter, luksKey } = context;
  const free = memoryBytes(host, "MemAvailable");
  if (free < UNSEAL_BYTES) {
    const text = msg`decrypting the saved LUKS headers takes ${formatBytes(UNSEAL_BYTES)} of memory, and this machine has ${formatBytes(free)} free`;
    throw new MondoError("refused", text, { hint: msg`Nothing was written. Restore on a machine with more memory.` });
  }
  const given = key && asPhrase(key);
  for (;;) {
    const text = msg`Pass phrase of the saved LUKS headers (that of --luks-headers)`;
    const phrase = given ?? Secret.ofText(await ask.line(text, { secret: true, about: KNOWN_PHRASE }));
    reporter.step(msg`Decrypting the saved LUKS headers`);
    let opened = 0;
    while (opened < volumes.length) {
      const luks = volumes[opened];
      if (!luks || !(await unsealOne(context, luks, phrase))) break;
      opened += 1;
    }
    if (opened === volumes.length) return phrase;
    const complaint = msg`the saved LUKS headers`;
    if (given)
      throw new MondoError("refused", msg`the key file ${luksKey} does not decrypt ${complaint}`, { hint: HINT });
    reporter.warn(msg`That does not decrypt ${complaint}.`);
  }
}

/** Whether a key opens one of the key slots in a header. Writes nothing. */
async function opensHeader(host: Host, place: string, key: Secret): Promise<boolean> {
  const argv = ["cryptsetup", "open", "--test-passphrase", "--type=luks", "--key-file=-", place];
  const { code } = await host.run({ argv, input: key.reveal(), timeoutMs: UNLOCK_MS, accept: [0, WRONG_KEY] });
  return code === 0;
}

function requireMemory(host: Host, luks: Luks): void {
  const needs = luks.slots.map(({ pbkdf }) => (pbkdf.type === "pbkdf2" ? 0 : pbkdf.memoryKib * 1024));
  const [least, free] = [Math.min(...needs), memoryBytes(host, "MemAvailable")];
  if (least <= free) return;
  const text = msg`opening ${luks.path} takes ${formatBytes(least)} of memory, and this machine has ${formatBytes(free)} free`;
  throw new MondoError("refused", text, { hint: msg`Nothing was written. Restore on a machine with more memory.` });
}

/**
 * A key that opens a volume, tried on its header: one of `known`, the key file, or what a person types. `place`: the
 * file or device that begins with the header; default: the saved one.
 */
export async function openingKey(
  context: RestoreContext,
  luks: Luks,
  known: readonly Secret[],
  place = luksHeaderFile(luks),
): Promise<Secret> {
  const { host, ask, reporter, luksKey } = context;
  requireMemory(host, luks);
  reporter.step(msg`Trying the keys of ${luks.path}`);
  for (const key of known) if (await opensHeader(host, place, key)) return key;
  const name = msg`the LUKS volume ${luks.path} (UUID ${luks.uuid})`;
  if (luksKey !== undefined) {
    throw new MondoError("refused", msg`the key file ${luksKey} does not open ${name}`, { hint: HINT });
  }
  for (;;) {
    const key = Secret.ofText(
      await ask.line(msg`Pass phrase of ${name}, as before`, { secret: true, about: KNOWN_PHRASE }),
    );
    if (await opensHeader(host, place, key)) return key;
    reporter.warn(msg`No key slot has that pass phrase.`);
  }
}

/** Removes the decrypted headers. */
export function dropHeaders(host: Host): void {
  host.remove(LUKS_HEADERS);
}
