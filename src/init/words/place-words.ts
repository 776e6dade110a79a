import { msg } from "../../base/message.ts";
import { parseWebUrl, withoutSecrets } from "../../network/web-url.ts";
import { parseSource, shareSyntax } from "../../shares/share-words.ts";
import { type BootWordTable, everyOf, flag, lastOf, lastOr, type WordValues } from "./boot-word.ts";
import {
  parseFilePlace,
  parsePrefix,
  parseStorePlace,
  parseTapePlace,
  parseTries,
  type StorePlace,
} from "./word-values.ts";

/** The words about the server that has the set. */
export const placeWords = {
  pxe: flag(["pxe"], msg`fetch the set over the network`),
  prefix: lastOf({
    name: "prefix=",
    syntax: "prefix=NAME",
    meaning: msg`prefix of the set's images: NAME-1.iso, NAME-2.iso …`,
    parse: parsePrefix,
  }),
  mount: lastOf({
    name: "nfsmount=",
    syntax: "nfsmount=SERVER:/EXPORT | nfsmount=USER@SERVER:/DIR",
    meaning: msg`the NFS export, or the directory on an SSH server, that holds the set; without ipconf= the card asks DHCP`,
    parse: parseSource,
  }),
  source: everyOf({
    name: "mondo.source=",
    syntax:
      "mondo.source=URL | mondo.source=//SERVER/SHARE[/DIR] | mondo.source=DEVICE:/DIR | mondo.source=tape:[/dev/nst0]",
    meaning: msg`where the set is: below a directory of a disk or stick of this machine (DEVICE as in mondo.luks-key=), on the tape in a drive of this machine (the newest on it, or that of mondo.set=), or an ISO on a server, or the directory with PREFIX-1.iso, PREFIX-2.iso … or a set's files; read in parts: ${shareSyntax("all").join(", ")}; given several times, the servers after the first place have copies, for when a file there is damaged or missing, or a server is away`,
    parse: (text) => (parseStorePlace(text) || parseTapePlace(text) ? text : parseSource(text)),
  }),
  sshKey: lastOf({
    name: "mondo.ssh-key=",
    syntax: "mondo.ssh-key=DEVICE:/PATH",
    meaning: msg`private key for the SSH server; DEVICE as in mondo.luks-key=; default: ask for a password`,
    parse: parseFilePlace,
  }),
  credentials: lastOf({
    name: "mondo.credentials=",
    syntax: "mondo.credentials=DEVICE:/PATH",
    meaning: msg`file with username=, password= and domain= for the Windows server, the first two for an FTP server, or aws_access_key_id= and aws_secret_access_key= for an object store, one per line; default: ask for them`,
    parse: parseFilePlace,
  }),
  status: lastOf({
    name: "mondo.status=",
    syntax: "mondo.status=URL",
    meaning: msg`post the progress of a restore over the network, as JSON: begun, then done, already, differences, stopped or failed; the answer 409 stops it`,
    parse: parseWebUrl,
  }),
  pingCount: lastOr(
    {
      name: "ping=",
      syntax: "ping=N",
      meaning: msg`tries to reach the server before the share is mounted (default: 3)`,
      parse: parseTries,
    },
    3,
  ),
} as const satisfies BootWordTable;

type PlaceValues = WordValues<typeof placeWords>;

/** What the words about the server ask for. */
export type PlaceOptions = Omit<PlaceValues, "mount" | "source"> & {
  /** The share, or the image on one, that holds the set. */
  readonly source?: string;
  /** Servers that hold copies of it, in the order in which they are asked. */
  readonly spares?: readonly string[];
  /** The set lies on a disk or stick of this machine: no server is asked. */
  readonly store?: StorePlace;
  /** The set is on tape, in this drive if one is named: nothing else is looked at. */
  readonly tape?: { readonly device?: string };
};

/** Pure: both words name a share, or an image on one; `complain` takes a sentence about one that does not count. */
export function placeOptions({ mount, ...rest }: PlaceValues, complain: (text: string) => void): PlaceOptions {
  if (mount !== undefined && rest.source !== undefined) {
    complain(msg`nfsmount=: ignored, because mondo.source= is given, too`);
  }
  const { source: given, ...others } = rest;
  const [source = mount, ...further] = given ?? [];
  const [store, tape] = [parseStorePlace(source ?? ""), parseTapePlace(source ?? "")];
  const isLocal = (place: string) => parseStorePlace(place) !== undefined || parseTapePlace(place) !== undefined;
  const spares = further.filter((place) => !tape && !isLocal(place));
  for (const place of further.filter((one) => !spares.includes(one))) {
    const why = tape ? msg`a set on tape is read from there alone` : msg`only servers are looked at for copies`;
    complain(msg`mondo.source=${withoutSecrets(place)}: ignored, because ${why}`);
  }
  return {
    ...others,
    ...(store ? { store } : {}),
    ...(tape ? { tape } : {}),
    ...(source === undefined || store || tape ? {} : { source }),
    ...(spares.length === 0 ? {} : { spares }),
  };
}
