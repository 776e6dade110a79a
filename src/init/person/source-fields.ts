/** The questions where the backup is and how its server is reached, as data. */

import { formatIpv4, maskOfPrefix, parseIpv4, sameNetwork } from "../../base/ipv4.ts";
import { canonicalIpv6 } from "../../base/ipv6.ts";
import { msg } from "../../base/message.ts";
import { type IpConf, isAddress, staticIpv6 } from "../../network/ip-conf.ts";
import { describeLink, type Link } from "../../network/links.ts";
import { shownPlace } from "../../network/web-url.ts";
import { shareDrivers } from "../../shares/share-drivers.ts";
import { parseSource, sharedPlace, shareSyntax } from "../../shares/share-words.ts";
import { BACK_KEY, type Field } from "../../ui/ask-in-order.ts";
import type { Choice, Question, Screen } from "../../ui/screens/screen.ts";
import type { NetworkOptions } from "../words/boot-options.ts";
import { parsePrefix } from "../words/word-values.ts";

/** Kinds of places on a network, and the protocols of each. */
const PLACES = {
  server: {
    label: msg`In a directory of a server: NFS, Windows, SSH`,
    protocols: ["nfs", "cifs", "sftp", "ssh-shell"],
  },
  web: { label: msg`At a URL of a web, WebDAV or FTP server`, protocols: ["http", "dav", "ftp"] },
  bucket: { label: msg`In a bucket of an object store (S3)`, protocols: ["s3"] },
} as const;
type PlaceKind = keyof typeof PLACES;

/** What a person has said so far. Texts are as they were typed. */
export interface SourceWish {
  /** `found0` … (of what was found on this machine), a kind of place, `tape`, `again`. */
  readonly kind?: string;
  readonly place?: string;
  readonly prefix?: string;
  /** `keep`: as the network is now; `any`: whichever has a cable; else a card's name. */
  readonly card?: string;
  readonly method?: string;
  /** With the length of its prefix. */
  readonly address?: string;
  readonly gateway?: string;
  readonly nameServer?: string;
}

/** What of this machine the questions depend on. */
export interface Surroundings {
  /** Backups on discs, sticks and disks, one line each. */
  readonly found: readonly string[];
  /** Where the backup is that would be restored now. */
  readonly present?: string;
  readonly links: readonly Link[];
  /** The card that has an address. */
  readonly card?: Link;
  readonly hasTape: boolean;
  /** What the network was told before. */
  readonly wishes: NetworkOptions;
}

const TITLE = msg`Where the backup is`;
const BACK: Choice = { key: BACK_KEY, label: msg`Back` };
const kindOf = ({ kind = "" }: SourceWish): PlaceKind | undefined =>
  Object.hasOwn(PLACES, kind) ? (kind as PlaceKind) : undefined;
const isRemote = (wish: SourceWish): boolean => kindOf(wish) !== undefined;
const driversOf = (kind: PlaceKind) =>
  shareDrivers.filter(({ protocol }) => (PLACES[kind].protocols as readonly string[]).includes(protocol));

/** Pure: the kinds of places that take a protocol. */
export const kindsFor = (protocol: string): readonly string[] =>
  Object.entries(PLACES).flatMap(([kind, { protocols }]) =>
    (protocols as readonly string[]).includes(protocol) ? [kind] : [],
  );

function whereScreen({ found, present, hasTape }: Surroundings): Screen {
  const nothing = msg`No backup is on a disc, stick or disk of this machine.`;
  const choices: Choice[] = [
    ...found.map((label, at) => ({ key: `found${at}`, label })),
    { key: "again", label: msg`Look again on discs, sticks and disks` },
    ...Object.entries(PLACES).map(([key, { label }]) => ({ key, label })),
    { key: "tape", label: msg`On a tape`, detail: hasTape ? "" : msg`This machine shows no tape drive.` },
    BACK,
  ];
  return {
    title: TITLE,
    body: [
      {
        kind: "text",
        lines: [
          ...(present === undefined ? [] : [msg`Now it is ${present}.`]),
          found.length === 0 ? nothing : msg`Found on this machine:`,
          ...found.map((label) => `- ${label}`),
        ],
      },
    ],
    question: {
      kind: "choice",
      text: msg`Where is the backup to restore from?`,
      choices,
      initial: choices[0]?.key ?? "",
    },
    help: [
      msg`Backups on discs, sticks and disks of this machine were looked for, and are listed first. A disc or stick that is put in now is found by looking again.`,
      msg`For a server, what it needs is asked for one after the other: the place, the network card, its address. Nothing is written to any of them.`,
    ],
  };
}

/** How each protocol's places are written, for people. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  nfs: ["NFS       192.168.1.9:/srv/backup"],
  cifs: ["Windows   //192.168.1.9/backup/web1"],
  sftp: ["SSH       root@192.168.1.9:/srv/backup"],
  "ssh-shell": [msg`no SFTP   ssh://root@192.168.1.9/srv/backup`],
  http: ["web       https://backup.example/web1/"],
  dav: ["WebDAV    davs://user@backup.example/web1"],
  ftp: ["FTP       ftp://user@192.168.1.9/web1"],
  s3: ["Amazon    s3://eu-west-1@bucket/web1", "others    s3+https://192.168.1.9:9000/bucket/web1"],
};

/** The protocol of a place, or of the directory that an image is in. */
const protocolOf = (text: string): string | undefined =>
  sharedPlace(parseSource(text.trim()) ?? "")?.share.driver.protocol;

/** Pure: what is wrong with a text as a place of a kind. */
export function complainAboutPlace(text: string, kind: PlaceKind): string | undefined {
  const protocol = protocolOf(text);
  if (protocol !== undefined && kindsFor(protocol).includes(kind)) return undefined;
  return msg`Not a place yet. Expected: ${shareSyntax("short", driversOf(kind)).join(", ")}`;
}

/** Pure: the question for a place; `before`: the one that is known, which may have a password in it. */
export function placeQuestion(wish: SourceWish, before: string | undefined): Extract<Question, { kind: "line" }> {
  const kind = kindOf(wish) ?? "server";
  const initial = before === undefined ? undefined : shownPlace(before);
  const said = (line: string) => complainAboutPlace(line, kind);
  return {
    ...{ kind: "line", text: msg`Where is it?`, check: said, advice: said, shown: shownPlace },
    ...(initial !== undefined && said(initial) === undefined ? { initial } : {}),
  };
}

function placeScreen(wish: SourceWish, { wishes }: Surroundings): Screen {
  const kind = kindOf(wish) ?? "server";
  return {
    title: TITLE,
    body: [
      { kind: "text", lines: [msg`The directory that holds the backup, or its first image (….iso). For example:`] },
      { kind: "fixed", lines: driversOf(kind).flatMap(({ protocol }) => EXAMPLES[protocol] ?? []) },
    ],
    question: placeQuestion(wish, wish.place ?? wishes.source),
    help: [
      msg`All ways to write it: ${shareSyntax("all", driversOf(kind)).join(", ")}.`,
      msg`A user and a password are asked for when the server wants them.`,
    ],
  };
}

const isImage = ({ place = "" }: SourceWish): boolean => sharedPlace(parseSource(place) ?? "")?.image !== undefined;

const complainAboutPrefix = (line: string): string | undefined =>
  line.trim() === "" || parsePrefix(line.trim()) !== undefined
    ? undefined
    : msg`A name without / and blanks is expected.`;

const prefixScreen = (): Screen => ({
  title: TITLE,
  body: [
    {
      kind: "text",
      lines: [
        msg`One directory may hold several backups: NAME-1.iso, OTHER-1.iso. Which of them is it? With only one there, Enter.`,
      ],
    },
  ],
  question: {
    kind: "line",
    text: msg`Name of the backup (its prefix), or Enter`,
    check: complainAboutPrefix,
    advice: complainAboutPrefix,
  },
  help: [msg`What stands before -1.iso in the name of its first image; mondoarchive calls that the prefix (-p).`],
});

function cardScreen({ links, card }: Surroundings): Screen {
  const cable = ({ carrier }: Link) => (carrier ? "" : msg`, without a cable`);
  const choices: Choice[] = [
    ...(card ? [{ key: "keep", label: msg`As it is now: ${describeLink(card)}` }] : []),
    { key: "any", label: msg`The card that has a cable, with an address by DHCP` },
    ...links.map((link) => ({ key: link.name, label: `${describeLink(link)}${cable(link)}` })),
    BACK,
  ];
  return {
    title: msg`The network card`,
    body:
      links.length === 0
        ? [{ kind: "warning", lines: [msg`This machine shows no network card: a driver may be missing.`] }]
        : [],
    question: { kind: "choice", text: msg`Which card leads to the server?`, choices, initial: choices[0]?.key ?? "" },
    help: [msg`Mostly the first choice is right. A card whose cable was put in just now shows it after some seconds.`],
  };
}

const methodScreen = ({ card }: SourceWish): Screen => ({
  title: msg`The network card`,
  body: [],
  question: {
    kind: "choice",
    text: msg`How does ${card} get its address?`,
    choices: [
      { key: "dhcp", label: msg`From the network (DHCP)` },
      { key: "auto6", label: msg`IPv6, from the router` },
      { key: "static", label: msg`It is typed now` },
      BACK,
    ],
    initial: "dhcp",
  },
});

/** An address with its prefix length; undefined for anything else. */
function splitAddress(text: string): { readonly address: string; readonly length: number } | undefined {
  const [, address = "", digits = ""] = /^(\S+)\/(\d{1,3})$/.exec(text.trim()) ?? [];
  const length = Number(digits);
  if (parseIpv4(address) !== undefined) return length >= 1 && length <= 32 ? { address, length } : undefined;
  return canonicalIpv6(address) !== undefined && length >= 1 && length <= 128 ? { address, length } : undefined;
}

/** Pure: what is wrong with an address of a card. */
export const complainAboutAddress = (line: string): string | undefined =>
  splitAddress(line) ? undefined : msg`An address with the length of its network is expected: 192.168.1.20/24`;

/** Pure: what is wrong with a gateway for an address. */
export function complainAboutGateway(line: string, address: string): string | undefined {
  const own = splitAddress(address);
  const text = line.trim();
  if (text === "") return undefined;
  if (!isAddress(text)) return msg`An address is expected, or nothing where there is no gateway.`;
  const [router, card] = [parseIpv4(text), parseIpv4(own?.address ?? "")];
  if ((router === undefined) !== (card === undefined)) return msg`Card and gateway need addresses of one kind.`;
  const isNear =
    router === undefined || card === undefined || sameNetwork(router, card, maskOfPrefix(own?.length ?? 0));
  return isNear ? undefined : msg`${text} is not in the network of ${address}.`;
}

const complainAboutNameServer = (line: string): string | undefined =>
  line.trim() === "" || isAddress(line.trim()) ? undefined : msg`An address is expected, or nothing.`;

function lineScreen(text: string, said: (line: string) => string | undefined, lines: readonly string[]): Screen {
  return {
    title: msg`The network card`,
    body: [{ kind: "text", lines }],
    question: { kind: "line", text, check: said, advice: said },
  };
}

const isStatic = (wish: SourceWish): boolean => isRemote(wish) && wish.method === "static";
const needsMethod = (wish: SourceWish): boolean => isRemote(wish) && wish.card !== "keep" && wish.card !== "any";

/** Pure: the questions, in their order. */
export const sourceFields = (around: Surroundings): readonly Field<SourceWish>[] => [
  {
    screen: () => whereScreen(around),
    take: ({ place }, kind) => ({ kind, ...(place === undefined ? {} : { place }) }),
  },
  {
    when: isRemote,
    screen: (wish) => placeScreen(wish, around),
    take: (wish, place) => ({ ...wish, place: place.trim() }),
  },
  {
    when: (wish) => isRemote(wish) && !isImage(wish),
    screen: prefixScreen,
    take: (wish, prefix) => ({ ...wish, prefix: prefix.trim() }),
  },
  { when: isRemote, screen: () => cardScreen(around), take: (wish, card) => ({ ...wish, card }) },
  { when: needsMethod, screen: methodScreen, take: (wish, method) => ({ ...wish, method }) },
  {
    when: isStatic,
    screen: () => lineScreen(msg`Its address, with the length of the network`, complainAboutAddress, []),
    take: (wish, address) => ({ ...wish, address: address.trim() }),
  },
  {
    when: isStatic,
    screen: ({ address = "" }) =>
      lineScreen(msg`Gateway, or Enter`, (line) => complainAboutGateway(line, address), [
        msg`A server in the same network needs none.`,
      ]),
    take: (wish, gateway) => ({ ...wish, gateway: gateway.trim() }),
  },
  {
    when: isStatic,
    screen: () =>
      lineScreen(msg`Name server, or Enter`, complainAboutNameServer, [
        msg`A server that is given by its address needs none.`,
      ]),
    take: (wish, nameServer) => ({ ...wish, nameServer: nameServer.trim() }),
  },
];

/** Pure: the address of a card, as boot words would have given it; undefined: no card is named. */
export function cardOf({ card, method, address = "", gateway = "" }: SourceWish): IpConf | undefined {
  if (card === undefined || card === "keep" || card === "any") return undefined;
  if (method !== "static") return { device: card, method: method === "auto6" ? "auto6" : "dhcp" };
  const own = splitAddress(address);
  if (!own) return undefined;
  const number = parseIpv4(own.address);
  if (number === undefined) return staticIpv6(card, own.address, String(own.length), gateway);
  const mask = maskOfPrefix(own.length);
  return {
    ...{ device: card, method: "static", address: own.address, netmask: formatIpv4(mask) },
    ...{ broadcast: formatIpv4((number | ~mask) >>> 0), gateway: gateway === "" ? "0.0.0.0" : gateway },
  };
}

/** Pure: what the network is to do for a wish, in place of what it was told before. */
export function networkFor(wish: SourceWish, told: NetworkOptions): NetworkOptions {
  // Another card, or other addresses: the name servers and the card of those before are none of theirs.
  const { nameServers: _servers, bootMac: _card, ...others } = told;
  const before: NetworkOptions = wish.card === undefined || wish.card === "keep" ? told : others;
  const { source: last, ipconf: own, prefix: _, spares: __, store: ___, tape: ____, ...rest } = before;
  const { place = "", prefix = "", nameServer = "" } = wish;
  // The password was only hidden: an unchanged place keeps it.
  const source = last !== undefined && place === shownPlace(last) ? last : parseSource(place);
  const ipconf = wish.card === "keep" ? own : cardOf(wish);
  return {
    ...rest,
    ...(source === undefined ? {} : { source }),
    ...(prefix === "" ? {} : { prefix }),
    ...(ipconf ? { ipconf } : {}),
    ...(nameServer === "" ? {} : { nameServers: [nameServer] }),
  };
}
