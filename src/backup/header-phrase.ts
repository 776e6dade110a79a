import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import { credentialPath } from "../host/credential-path.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest } from "./request.ts";

/** Asks a person for a pass phrase, twice. */
export type AskPhrase = (what: string) => Promise<Secret>;

/** Shorter ones are guessed. */
const FEWEST_CHARACTERS = 8;

function checked(text: string, from: string): Secret {
  if ([...text].length < FEWEST_CHARACTERS) {
    throw new MondoError("usage", msg`the pass phrase ${from} has fewer than ${FEWEST_CHARACTERS} characters`, {
      hint: msg`Whoever finds the medium can try pass phrases for years: take five words or more.`,
    });
  }
  return Secret.ofText(text);
}

/**
 * What headers of encrypted volumes are to be encrypted to: the content of a file without its last line end, or what a
 * person types.
 */
export async function readHeaderPhrase(
  host: Host,
  { luksHeaders }: BackupRequest,
  ask: AskPhrase | undefined,
): Promise<Secret | undefined> {
  if (luksHeaders === undefined) return undefined;
  if (luksHeaders !== "ask") {
    const file = credentialPath(host, luksHeaders);
    if (host.stat(file)?.kind !== "file") {
      throw new MondoError("not-found", msg`--luks-headers ${luksHeaders} is no file`, {
        hint: msg`Name a file with the pass phrase, or write ask.`,
      });
    }
    return checked(host.readText(file).replace(/\r?\n$/, ""), msg`in ${luksHeaders}`);
  }
  if (!ask)
    throw new MondoError("usage", msg`nobody can be asked for the pass phrase`, { hint: msg`Name a file with it.` });
  return checked(
    decodeText((await ask(msg`Pass phrase for the headers of the LUKS volumes`)).reveal()),
    msg`that was typed`,
  );
}
