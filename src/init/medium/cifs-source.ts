import { Secret } from "../../base/secret.ts";
import {
  type CifsCredentials,
  type CifsPlace,
  cifsCredentials,
  cifsSource,
  decodeCredentials,
} from "../../shares/cifs/cifs-place.ts";
import { mountCifs } from "../../shares/cifs/mount-cifs.ts";
import { EXPORT_DIRECTORY } from "../../shares/nfs/mount-nfs.ts";
import type { Rescue } from "../rescue.ts";
import { readFromStick } from "./read-from-stick.ts";

const HINT = "Write DEVICE:/PATH, with a device like LABEL=KEYS; or leave mondo.credentials= out and type.";

/** From the file that a boot word names, or as a person types them. */
async function credentialsFor(rescue: Rescue, place: CifsPlace): Promise<CifsCredentials> {
  const { ask, network } = rescue;
  const { credentials: file } = network.wishes;
  if (file !== undefined) {
    const named = { place: file, what: "the credentials file", mostBytes: 1 << 16, hint: HINT };
    return decodeCredentials(new Secret(await readFromStick(rescue, named)), file);
  }
  const user = place.user ?? (await ask.line(`User on ${cifsSource(place)} (NAME or DOMAIN\\NAME)`)).trim();
  const password = await ask.line(`Password of ${user} on ${cifsSource(place)}`, { secret: true });
  return cifsCredentials(user, Secret.ofText(password));
}

/** Mounts a Windows server's share on EXPORT_DIRECTORY, read-only. Throws one sentence. */
export async function attachCifs(rescue: Rescue, place: CifsPlace, tries: number): Promise<void> {
  const credentials = await credentialsFor(rescue, place);
  const wish = { place, credentials, target: EXPORT_DIRECTORY, readOnly: true, tries };
  await mountCifs(rescue.host, rescue.modules, wish);
}
