import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { Secret } from "../base/secret.ts";
import { credentialPath } from "../host/credential-path.ts";
import type { Host } from "../host/host.ts";
import type { CredentialFile } from "../shares/share-driver.ts";
import type { ParsedWords } from "./parse.ts";
import type { OptionSpec } from "./spec.ts";

const MOST_BYTES = 1 << 16;
/** Group and others, in any way. */
const OTHERS = 0o077;

/** Who logs in at a server, for work that nobody watches. */
export const credentialsOption: OptionSpec = {
  long: "credentials",
  value: "FILE|systemd:NAME",
  completes: "file",
  help: msg`who logs in at the server: a private key for SSH; username= and password= (a line each) for FTP and WebDAV, with domain= for Windows; aws_access_key_id= and aws_secret_access_key= for an object store; only its owner may have access to the file; systemd:NAME is what the unit has by LoadCredential= or LoadCredentialEncrypted=`,
};

/** The file that --credentials names, read. Throws `not-found`, or `refused` where others could read it. */
export function credentialsOf(
  host: Pick<Host, "stat" | "read" | "env">,
  { values }: ParsedWords,
): { readonly credentials?: CredentialFile } {
  const named = values.get(credentialsOption.long ?? "");
  if (named === undefined) return {};
  const place = credentialPath(host, named);
  const stat = host.stat(place);
  if (stat?.kind !== "file" || stat.sizeBytes > MOST_BYTES) {
    const what = stat === undefined ? msg`does not exist` : msg`is no small file`;
    throw new MondoError("not-found", msg`--credentials ${place} ${what}`, {
      hint: msg`Name a file with credentials.`,
    });
  }
  if ((stat.mode & OTHERS) !== 0) {
    throw new MondoError("refused", msg`--credentials ${place} can be read or changed by others`, {
      hint: msg`Take that away: chmod 600 ${place}`,
    });
  }
  return { credentials: { place, content: new Secret(host.read(place)) } };
}
