import { parseMount, parseSource, parseWebUrl } from "../../network/network-words.ts";
import { type BootWordTable, flag, lastOf, lastOr, type WordValues } from "./boot-word.ts";
import { parseFilePlace, parsePrefix, parseTries } from "./word-values.ts";

/** The words about the server that has the set. */
export const placeWords = {
  pxe: flag(["pxe"], "fetch the set over the network"),
  prefix: lastOf({
    name: "prefix=",
    syntax: "prefix=NAME",
    meaning: "prefix of the set's images: NAME-1.iso, NAME-2.iso …",
    parse: parsePrefix,
  }),
  mount: lastOf({
    name: "nfsmount=",
    syntax: "nfsmount=SERVER:/EXPORT | nfsmount=USER@SERVER:/DIR",
    meaning:
      "the NFS export, or the directory on an SSH server, that holds the set; without ipconf= the card asks DHCP",
    parse: parseMount,
  }),
  source: lastOf({
    name: "mondo.source=",
    syntax: "mondo.source=URL | mondo.source=//SERVER/SHARE[/DIR]",
    meaning:
      "an ISO on a web server (http, https), SSH server (sftp://USER@SERVER/DIR) or Windows server (also cifs://USER@SERVER/SHARE/DIR), or the directory with PREFIX-1.iso, PREFIX-2.iso … or a set's files; read in parts",
    parse: parseSource,
  }),
  sshKey: lastOf({
    name: "mondo.ssh-key=",
    syntax: "mondo.ssh-key=DEVICE:/PATH",
    meaning: "private key for the SSH server; DEVICE as in mondo.luks-key=; default: ask for a password",
    parse: parseFilePlace,
  }),
  credentials: lastOf({
    name: "mondo.credentials=",
    syntax: "mondo.credentials=DEVICE:/PATH",
    meaning: "file with username=, password= and domain= for the Windows server, one per line; default: ask for them",
    parse: parseFilePlace,
  }),
  status: lastOf({
    name: "mondo.status=",
    syntax: "mondo.status=URL",
    meaning:
      "post the progress of a restore over the network, as JSON: begun, then done, already, differences, stopped or failed; the answer 409 stops it",
    parse: parseWebUrl,
  }),
  pingCount: lastOr(
    {
      name: "ping=",
      syntax: "ping=N",
      meaning: "tries to reach the server before the share is mounted (default: 3)",
      parse: parseTries,
    },
    3,
  ),
} as const satisfies BootWordTable;

type PlaceValues = WordValues<typeof placeWords>;

/** Where the set is: an NFS export, or the URL of an ISO or of the directory that holds it. */
interface SetPlace {
  readonly nfsMount?: { readonly server: string; readonly path: string };
  readonly source?: string;
}

/** What the words about the server ask for. */
export type PlaceOptions = Omit<PlaceValues, "mount" | "source"> & SetPlace;

/** Pure: `nfsmount=USER@SERVER:/DIR` is a source, as if `mondo.source=` named it. */
export function placeOptions({ mount, ...rest }: PlaceValues): PlaceOptions {
  return { ...rest, ...mount };
}
