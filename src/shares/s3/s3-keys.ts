import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { Secret } from "../../base/secret.ts";
import type { AccessKeys } from "../../formats/network/aws-signature.ts";
import type { Host } from "../../host/host.ts";
import type { CredentialFile, SharePerson } from "../share-driver.ts";

/** The values of a section `[NAME]`, and of what stands before the first one. */
function sectionOf(text: string, name: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let isWanted = true;
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[\s*(?:profile\s+)?([^\]]*?)\s*\]/.exec(line) ?? [];
    if (section !== undefined) isWanted = section === name;
    const [, key, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isWanted && key !== undefined && value !== undefined) values.set(key.toLowerCase(), value);
  }
  return values;
}

/**
 * A file as Amazon's tools have it: `aws_access_key_id = …`, `aws_secret_access_key = …`, and `aws_session_token = …`
 * of a key that is lent, alone or in a section. Throws `usage`.
 */
export function decodeKeysFile({ place, content }: CredentialFile, section = "default"): AccessKeys {
  const values = sectionOf(decodeText(content.reveal()), section);
  const keys = keysOf((name) => values.get(`aws_${name}`));
  if (keys) return keys;
  throw new MondoError("usage", msg`${place} does not hold aws_access_key_id=… and aws_secret_access_key=…`, {
    hint: msg`Write a line for each, alone or below [${section}].`,
  });
}

/** The file that says the same. */
export function encodeKeysFile({ id, secret, session }: AccessKeys, place: string): CredentialFile {
  const line = (name: string, value: Secret) => `aws_${name}=${decodeText(value.reveal())}\n`;
  const text = `aws_access_key_id=${id}\n${line("secret_access_key", secret)}`;
  return { place, content: Secret.ofText(session ? text + line("session_token", session) : text) };
}

function keysOf(value: (name: string) => string | undefined): AccessKeys | undefined {
  const [id, secret, session] = [value("access_key_id"), value("secret_access_key"), value("session_token")];
  if (!isKeyId(id) || !secret) return undefined;
  return { id, secret: Secret.ofText(secret), ...(session ? { session: Secret.ofText(session) } : {}) };
}

/** It stands in a header: no blanks, and no slash, which ends it there. */
const isKeyId = (text: string | undefined): text is string => text !== undefined && /^[!-.0-~]{1,256}$/.test(text);

/** What this user of this machine has: the environment, or the file of Amazon's tools. */
function ownKeys(host: Pick<Host, "env" | "tryReadText">): AccessKeys | undefined {
  const { env } = host;
  const given = keysOf((name) => env[`AWS_${name.toUpperCase()}`]);
  if (given) return given;
  const place = env.AWS_SHARED_CREDENTIALS_FILE ?? `${env.HOME ?? "/root"}/.aws/credentials`;
  const text = host.tryReadText(place);
  if (text !== undefined) return decodeKeysFile({ place, content: Secret.ofText(text) }, env.AWS_PROFILE || "default");
  return undefined;
}

/** Who asks whom for keys. */
export interface KeysWish {
  readonly host: Pick<Host, "env" | "tryReadText">;
  readonly person: SharePerson;
  readonly credentials?: CredentialFile | undefined;
  /** The user's own keys count. */
  readonly ownConfiguration: boolean;
}

/** From the file that was named, this user's own, or as a person types them. `name` is the place for people. */
export async function keysFor(name: string, wish: KeysWish): Promise<AccessKeys> {
  if (wish.credentials) return decodeKeysFile(wish.credentials);
  const own = wish.ownConfiguration ? ownKeys(wish.host) : undefined;
  if (own) return own;
  for (;;) {
    const id = (await wish.person.line(msg`Access key of ${name}`)).trim();
    if (isKeyId(id)) return { id, secret: await wish.person.secret(msg`Secret key of ${id}`) };
    wish.person.tell(msg`An access key is one word.`);
  }
}
