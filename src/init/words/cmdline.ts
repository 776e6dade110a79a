import type { Host } from "../../host/host.ts";
import { type BondWord, parseBond, parseIpWord, parseVlan, type VlanWord } from "../../network/ip-words.ts";
import {
  type IpConf,
  isAddress,
  parseAnswers,
  parseBootIf,
  parseIpConf,
  parseMount,
  parseSource,
  parseWebUrl,
} from "../../network/network-words.ts";
import { type BootWordName, bootWords } from "./boot-words.ts";

export type Mode = "interactive" | "nuke" | "compare" | "expert";

/** What the network words ask for. */
export interface NetworkOptions {
  readonly pxe: boolean;
  readonly prefix?: string;
  readonly ipconf?: IpConf;
  /** Cards that get an address besides that of `ipconf`. */
  readonly further?: readonly IpConf[];
  readonly nameServers?: readonly string[];
  readonly vlans?: readonly VlanWord[];
  readonly bonds?: readonly BondWord[];
  readonly nfsMount?: { readonly server: string; readonly path: string };
  /** URL of an ISO, or of the directory that holds it. */
  readonly source?: string;
  /** Place of the private key for an SSH server. */
  readonly sshKey?: string;
  /** Place of the file with name and password for a Windows server. */
  readonly credentials?: string;
  /** URL that is told how far a restore is. */
  readonly status?: string;
  readonly pingCount: number;
  /** Hardware address of the card that the machine was started over (`BOOTIF=` of PXELINUX and GRUB). */
  readonly bootMac?: string;
}

/** The kernel command line, understood. */
export interface BootOptions {
  readonly mode: Mode;
  /** Restore without a question at the end (RESTORE media). */
  readonly unattended: boolean;
  /** Whether a word chose the mode. */
  readonly modeGiven: boolean;
  /** Place of what was answered before. */
  readonly answers?: string;
  /** Name of the request that `nuke` answers once. */
  readonly once?: string;
  readonly textOnly: boolean;
  readonly resize: boolean;
  readonly partition: boolean;
  readonly eject: boolean;
  readonly set?: string;
  /** Place of a key file that opens encrypted volumes. */
  readonly luksKey?: string;
  readonly shell: boolean;
  readonly debug: boolean;
  readonly forceModules: readonly string[];
  readonly denyModules: readonly string[];
  readonly consoles: readonly string[];
  readonly network: NetworkOptions;
  /** `module.parameter=value` words: they hold for modules too, as modprobe has it. Names with `_`. */
  readonly moduleParameters: ReadonlyMap<string, readonly string[]>;
  /** Words of ours that make no sense, one sentence each. */
  readonly complaints: readonly string[];
}

/** Splits as the kernel does: at blanks outside of double quotes, which are dropped. Source: lib/cmdline.c, next_arg(). */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:"[^"]*"?|[^\s"])+/g)) {
    const word = match[0].replaceAll('"', "");
    if (word !== "" && word !== "--") words.push(word);
  }
  return words;
}

const NAMES: ReadonlySet<string> = new Set(bootWords.map(({ name }) => name));
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Whether a text can be the id of a set. */
export const isSetId = (text: string): boolean => UUID.test(text);

const MODULE_LIST = /^[A-Za-z0-9_-]+(,[A-Za-z0-9_-]+)*$/;
const MODULE_PARAMETER = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+(?:=.*)?)$/;

/** What has been seen so far: flags, values of words in their order, kernel words that concern us. */
interface Seen {
  readonly flags: Set<string>;
  readonly values: Map<string, string[]>;
  readonly consoles: string[];
  bootMac: string | undefined;
  readonly parameters: Map<string, string[]>;
  readonly complaints: string[];
}

function complain(seen: Seen, word: string, name: BootWordName): void {
  const syntax = bootWords.find((entry) => entry.name === name)?.syntax ?? name;
  seen.complaints.push(`${word}: expected ${syntax}`);
}

function sortWord(seen: Seen, word: string): void {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals + 1);
  const flag = name.replace(/^(interactive|nuke|compare|expert)_mode$/, "$1");
  if (NAMES.has(flag)) {
    if (equals < 0) seen.flags.add(flag);
    else seen.values.set(name, [...(seen.values.get(name) ?? []), word.slice(equals + 1)]);
    return;
  }
  if (name === "console=") {
    seen.consoles.push((word.slice(equals + 1).split(",")[0] ?? "").trim());
    return;
  }
  if (name === "BOOTIF=") seen.bootMac = parseBootIf(word.slice(equals + 1)) ?? seen.bootMac;
  if (word.startsWith("mondo.")) {
    const near = bootWords.find((entry) => entry.name.replace("=", "") === name.replace("=", ""));
    if (near) complain(seen, word, near.name);
    else seen.complaints.push(`${word}: there is no such boot word`);
    return;
  }
  const parameter = MODULE_PARAMETER.exec(word);
  if (!parameter) return;
  const module = (parameter[1] ?? "").replaceAll("-", "_");
  seen.parameters.set(module, [...(seen.parameters.get(module) ?? []), parameter[2] ?? ""]);
}

/** The values of a word that `parse` accepts, in their order; a complaint for each other one. */
function acceptedValues<T>(
  seen: Seen,
  name: BootWordName,
  parse: (value: string) => T | undefined,
  values = seen.values.get(name) ?? [],
): T[] {
  return values.flatMap((value) => {
    const parsed = parse(value);
    if (parsed === undefined) complain(seen, name + value, name);
    return parsed === undefined ? [] : [parsed];
  });
}

/** The last value of a word when `parse` accepts it; otherwise a complaint. */
function acceptedValue<T>(seen: Seen, name: BootWordName, parse: (value: string) => T | undefined): T | undefined {
  return acceptedValues(seen, name, parse, seen.values.get(name)?.slice(-1) ?? [])[0];
}

/** Mondo's order: compare before nuke before expert; `interactive` takes expert back. */
function modeOf(flags: ReadonlySet<string>): Mode {
  if (flags.has("compare")) return "compare";
  if (flags.has("nuke") || flags.has("RESTORE") || flags.has("restore")) return "nuke";
  if (flags.has("expert") && !flags.has("interactive")) return "expert";
  return "interactive";
}

const MODE_WORDS = ["interactive", "iso_mode", "nuke", "compare", "expert", "RESTORE", "restore"];

/** An address, IPv6 with or without brackets. */
function parseNameServer(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return isAddress(bare) ? bare : undefined;
}

const isSix = ({ method }: IpConf): boolean => method === "auto6" || method === "static6";

/** The last word about each card, and each kind of address, counts. */
function addressesOf(confs: readonly IpConf[]): readonly IpConf[] {
  return [...new Map(confs.map((conf) => [`${conf.device} ${isSix(conf)}`, conf])).values()];
}

const listed = <K extends string, T>(key: K, list: readonly T[]): { readonly [P in K]?: readonly T[] } =>
  list.length === 0 ? {} : ({ [key]: list } as { [P in K]: readonly T[] });

/** `DEVICE:/PATH`. */
const parseFilePlace = (text: string): string | undefined => (/^[^:]+:\/./.test(text) ? text : undefined);

function networkOf(seen: Seen): NetworkOptions {
  const prefix = acceptedValue(seen, "prefix=", (text) => (/^[^/\s]+$/.test(text) ? text : undefined));
  const ipWords = acceptedValues(seen, "ip=", parseIpWord);
  const confs = [...acceptedValues(seen, "ipconf=", parseIpConf), ...ipWords.map(({ conf }) => conf)];
  const [ipconf, ...further] = addressesOf(confs);
  const nameServers = [
    ...acceptedValues(seen, "nameserver=", parseNameServer),
    ...ipWords.flatMap((word) => word.nameServers),
  ];
  const mount = acceptedValue(seen, "nfsmount=", parseMount);
  const source = acceptedValue(seen, "mondo.source=", parseSource);
  const sshKey = acceptedValue(seen, "mondo.ssh-key=", parseFilePlace);
  const credentials = acceptedValue(seen, "mondo.credentials=", parseFilePlace);
  const status = acceptedValue(seen, "mondo.status=", parseWebUrl);
  const pingCount = acceptedValue(seen, "ping=", (text) => (/^\d{1,4}$/.test(text) ? Number(text) : undefined)) ?? 3;
  return {
    pxe: seen.flags.has("pxe"),
    ...(prefix === undefined ? {} : { prefix }),
    ...(ipconf === undefined ? {} : { ipconf }),
    ...listed("further", further),
    ...listed("nameServers", nameServers),
    ...listed("vlans", acceptedValues(seen, "vlan=", parseVlan)),
    ...listed("bonds", acceptedValues(seen, "bond=", parseBond)),
    ...mount,
    ...(source === undefined ? {} : { source }),
    ...(sshKey === undefined ? {} : { sshKey }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(status === undefined ? {} : { status }),
    pingCount,
    ...(seen.bootMac === undefined ? {} : { bootMac: seen.bootMac }),
  };
}

/** Pure: the meaning of a command line, by whole words only. Words of the kernel and old words of Mondo are passed over. */
export function parseBootOptions(line: string): BootOptions {
  const seen: Seen = {
    flags: new Set(),
    values: new Map(),
    consoles: [],
    bootMac: undefined,
    parameters: new Map(),
    complaints: [],
  };
  for (const word of splitCommandLine(line)) sortWord(seen, word);
  const list = (name: BootWordName) =>
    acceptedValue(seen, name, (text) =>
      MODULE_LIST.test(text) ? text.split(",").map((module) => module.replaceAll("-", "_")) : undefined,
    ) ?? [];
  const luksKey = acceptedValue(seen, "mondo.luks-key=", parseFilePlace);
  const set = acceptedValue(seen, "mondo.set=", (text) => (isSetId(text) ? text.toLowerCase() : undefined));
  const answers = acceptedValue(seen, "mondo.answers=", parseAnswers);
  const once = acceptedValue(seen, "mondo.once=", (text) => (/^[A-Za-z0-9._-]{1,64}$/.test(text) ? text : undefined));
  const { flags } = seen;
  return {
    mode: modeOf(flags),
    unattended: flags.has("RESTORE") || flags.has("restore"),
    modeGiven: MODE_WORDS.some((word) => flags.has(word)),
    ...(answers === undefined ? {} : { answers }),
    ...(once === undefined ? {} : { once }),
    textOnly: flags.has("textonly"),
    resize: !flags.has("noresize"),
    partition: !flags.has("nopart"),
    eject: !flags.has("donteject"),
    ...(set === undefined ? {} : { set }),
    ...(luksKey === undefined ? {} : { luksKey }),
    shell: flags.has("mondo.shell"),
    debug: flags.has("mondo.debug"),
    forceModules: list("mondo.forcemods="),
    denyModules: list("mondo.denymods="),
    consoles: seen.consoles.filter((name) => name !== ""),
    network: networkOf(seen),
    moduleParameters: seen.parameters,
    complaints: seen.complaints,
  };
}

/** What the kernel that runs was started with. */
export const readBootOptions = (host: Host): BootOptions => parseBootOptions(host.tryReadText("/proc/cmdline") ?? "");
