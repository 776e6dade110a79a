import { msg } from "../../base/message.ts";
import { Secret } from "../../base/secret.ts";
import { withSettingHint } from "../../network/setting.ts";
import { keyFileAt, type NamedFile } from "../../restore/key-file.ts";
import type {
  CredentialFile,
  CredentialKind,
  MountedShare,
  MountWish,
  ShareDriver,
  SharePerson,
} from "../../shares/share-driver.ts";
import { type SharedPlace, sourceOf } from "../../shares/share-words.ts";
import type { ImageIdentity } from "../image-identity.ts";
import { bootWordHints } from "../network/boot-word-hints.ts";
import type { Rescue } from "../rescue.ts";
import { readFromStick } from "./read-from-stick.ts";

/** Where the rescue mounts a share. */
export const SHARE_PLACE = "/mnt/network";

const PATIENCE_MS = 30_000;

/** Files with credentials, by their place. */
const FILES: Readonly<Record<CredentialKind, (place: string) => NamedFile>> = {
  "ssh-key": keyFileAt,
  credentials: (place) => ({
    ...{ place, what: msg`the credentials file`, mostBytes: 1 << 16 },
    hint: msg`Write DEVICE:/PATH, with a device like LABEL=KEYS; or leave mondo.credentials= out and type.`,
  }),
};

/** The file that a boot word names for a protocol, read. */
async function credentialsOf(rescue: Rescue, { credentials: kind }: ShareDriver): Promise<CredentialFile | undefined> {
  const { sshKey, credentials } = rescue.network.wishes;
  const place = kind && { "ssh-key": sshKey, credentials }[kind];
  if (kind === undefined || place === undefined) return undefined;
  return { place, content: new Secret(await readFromStick(rescue, FILES[kind](place))) };
}

/** Whoever sits at the console. */
function personAt({ ask, reporter }: Rescue): SharePerson {
  return {
    confirm: (text) => ask.confirm(text),
    line: (text) => ask.line(text),
    secret: async (text) => Secret.ofText(await ask.line(text, { secret: true })),
    tell: (text) => reporter.warn(text),
  };
}

/** The server's keys, as the machine that wrote the set knew them. */
function knownHostsOf(
  { copies = [], knownHosts: first }: ImageIdentity,
  place: SharedPlace,
): Pick<MountWish, "knownHosts"> {
  const copy = copies.find(({ source }) => source === sourceOf(place));
  const knownHosts = copy ? copy.knownHosts : first;
  return knownHosts === undefined ? {} : { knownHosts };
}

/** Mounts a share, read-only. Throws one sentence, with a hint that speaks of boot words. */
export async function attachShare(rescue: Rescue, place: SharedPlace, target = SHARE_PLACE): Promise<MountedShare> {
  const { host, modules, network, identity } = rescue;
  const { share, image } = place;
  const { prefix, pingCount, spares = [] } = network.wishes;
  try {
    const credentials = await credentialsOf(rescue, share.driver);
    return await share.mount({
      ...{ host, modules, person: personAt(rescue), target, access: "read" },
      ...{ tries: Math.max(1, pingCount), ownConfiguration: false },
      // Where others have the set, too, reading goes on there.
      ...(spares.length === 0 ? {} : { patienceMs: PATIENCE_MS }),
      ...(credentials ? { credentials } : {}),
      ...knownHostsOf(identity, place),
      expected: image ?? (prefix === undefined ? "manifest.json" : `${prefix}-1.iso`),
    });
  } catch (error) {
    throw withSettingHint(error, bootWordHints);
  }
}
