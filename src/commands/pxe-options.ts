import { MondoError } from "../base/errors.ts";
import { isNetmask, parseIpv4, sameNetwork } from "../base/ipv4.ts";
import { msg } from "../base/message.ts";
import { parseAnswersPlace } from "../init/words/word-values.ts";
import { type IpConf, parseIpConf, parseMac } from "../network/ip-conf.ts";
import { parseWebUrl } from "../network/web-url.ts";
import type { PxeRange, PxeSite } from "../pxe/site.ts";
import type { DiskIdentity } from "../restore/answers.ts";
import { parseNfsExport } from "../shares/nfs/nfs-share.ts";
import { parseSource } from "../shares/share-words.ts";
import type { ParsedWords } from "./parse.ts";

/** A machine as `--mac` names it. */
export interface MacWish {
  readonly mac: string;
  readonly prefix: string;
  readonly ipconf: IpConf | undefined;
}

/** A disk as `--disk` names it: that of the set, and what that of the machine is known by. */
export interface DiskWish {
  readonly mac: string;
  readonly name: string;
  readonly identity: DiskIdentity;
}

/** What `mondo pxe` was asked for, as far as words alone tell. */
export interface PxeOptions {
  readonly directory: string;
  /** ISO or directory; absent only with `--serve`. */
  readonly place: string | undefined;
  readonly prefix: string | undefined;
  readonly server: string | undefined;
  readonly nfs: PxeSite["nfs"];
  readonly source: string | undefined;
  readonly status: string | undefined;
  readonly machines: readonly MacWish[];
  readonly disks: readonly DiskWish[];
  readonly answers: string | undefined;
  readonly unattended: boolean;
  readonly range: PxeRange | undefined;
  readonly device: string | undefined;
  readonly serve: boolean;
  readonly force: boolean;
}

const usage = (message: string, hint: string) => new MondoError("usage", message, { hint });
/** Also part of file names and of boot loaders' paths. */
const PREFIX = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
const DEFAULT_NETMASK = "255.255.255.0";

function requirePrefix(prefix: string, option: string): string {
  if (PREFIX.test(prefix)) return prefix;
  throw usage(
    msg`${option}: the prefix "${prefix}" can't be part of a boot loader's paths`,
    msg`Use letters, digits, -, _ and dots.`,
  );
}

/** `MAC=PREFIX[,IPCONF]`; the card's name may be left out of IPCONF, as the address names it. */
export function decodeMac(text: string): MacWish {
  const [, card = "", prefix = "", conf] = /^([^=]*)=([^,]*)(?:,(.*))?$/.exec(text) ?? [];
  const mac = parseMac(card);
  if (mac === undefined || prefix === "") {
    throw usage(msg`--mac ${text} is not MAC=PREFIX[,IPCONF]`, msg`Write it like --mac 52:54:00:12:34:56=web1,dhcp.`);
  }
  const ipconf = conf === undefined ? undefined : (parseIpConf(conf) ?? parseIpConf(`${mac}:${conf}`));
  if (conf !== undefined && ipconf === undefined) {
    throw usage(msg`--mac ${text}: "${conf}" is not an address`, msg`Write dhcp or IP:NETMASK:BROADCAST:GATEWAY.`);
  }
  return { mac, prefix: requirePrefix(prefix, "--mac"), ipconf };
}

/** `MAC=DISK=serial:VALUE`, or wwn: or path: before the value. */
export function decodeDisk(text: string): DiskWish {
  const [, card = "", name = "", key, value = ""] = /^([^=]+)=([^=]+)=(serial|wwn|path):(.+)$/.exec(text) ?? [];
  const mac = parseMac(card);
  if (mac === undefined || key === undefined) {
    throw usage(
      msg`--disk ${text} is not MAC=DISK=serial:VALUE (or wwn:, path:)`,
      msg`Write it like --disk 52:54:00:12:34:56=sda=serial:WD-1234.`,
    );
  }
  const identity: DiskIdentity =
    key === "serial" ? { serial: value } : key === "wwn" ? { wwn: value } : { path: value };
  return { mac, name, identity };
}

/** `FIRST,LAST[,NETMASK]`, both in one network. */
export function decodeRange(text: string): PxeRange {
  const [first = "", last = "", netmask = DEFAULT_NETMASK, ...more] = text.split(",");
  const [from, to, mask] = [first, last, netmask].map(parseIpv4);
  const good = from !== undefined && to !== undefined && mask !== undefined && isNetmask(mask) && more.length === 0;
  if (good && from <= to && sameNetwork(from, to, mask)) return { first, last, netmask };
  throw usage(
    msg`--range ${text} is not FIRST,LAST[,NETMASK] in one network`,
    msg`Write it like 10.0.0.100,10.0.0.150.`,
  );
}

function nfsOf(text: string | undefined): PxeSite["nfs"] {
  if (text === undefined) return undefined;
  const nfs = parseNfsExport(text);
  if (nfs) return nfs;
  throw usage(msg`--nfs ${text} is not SERVER:/EXPORT`, msg`Write it like 10.0.0.2:/srv/backup.`);
}

function sourceOf(text: string | undefined, nfs: PxeSite["nfs"]): string | undefined {
  if (text === undefined) return undefined;
  if (nfs) throw usage(msg`--nfs and --source contradict each other`, msg`Give the one that has the ISOs.`);
  const source = parseSource(text);
  if (source !== undefined && !/\.iso$/i.test(source)) return source.replace(/\/+$/, "");
  throw usage(msg`--source ${text} is not the URL of a directory`, msg`Write it like http://10.0.0.2/backup.`);
}

function statusOf(text: string | undefined): string | undefined {
  if (text === undefined || parseWebUrl(text) !== undefined) return text;
  throw usage(msg`--status ${text} is not a URL`, msg`Write it like http://10.0.0.2/status.`);
}

function serverOf(text: string | undefined): string | undefined {
  if (text === undefined || parseIpv4(text) !== undefined) return text;
  throw usage(msg`--server ${text} is not an IPv4 address`, msg`Firmware knows no names: give the address.`);
}

function answersOf(text: string | undefined): string | undefined {
  if (text === undefined || parseAnswersPlace(text) !== undefined) return text;
  throw usage(
    msg`--answers ${text} is no place of answers`,
    msg`Write it like http://10.0.0.2/answers/, or /answers/ on the share.`,
  );
}

/** Machines with settings of their own must be known by their cards. */
function checkMachines(
  machines: readonly MacWish[],
  disks: readonly DiskWish[],
  forMachines: string | undefined,
): void {
  const twice = machines.find(({ mac }, at) => machines.findIndex((other) => other.mac === mac) !== at);
  if (twice) throw usage(msg`--mac ${twice.mac} is given more than once`, msg`Give each card one prefix.`);
  const stranger = disks.find((disk) => !machines.some(({ mac }) => mac === disk.mac));
  if (stranger) throw usage(msg`--disk names ${stranger.mac}, which no --mac names`, msg`Add --mac for that card.`);
  if (forMachines !== undefined && machines.length === 0) {
    throw usage(msg`${forMachines} needs --mac`, msg`Name each machine by its card: no other is restored unasked.`);
  }
}

/** Turns parsed words into options. Throws `usage`. */
export function decodePxeOptions(words: ParsedWords, workingDirectory: string): PxeOptions {
  const value = (key: string) => words.values.get(key);
  const out = value("out");
  if (out === undefined) throw usage(msg`no directory is given`, msg`Add --out DIR, the root of the TFTP server.`);
  const [place, extra] = words.operands;
  if (extra !== undefined)
    throw usage(msg`unexpected word "${extra}"`, msg`Name one set; further ones come with --mac.`);
  const serve = words.flags.has("serve");
  if (place === undefined && !serve) {
    throw usage(msg`no backup is given`, msg`Give its ISO, or the directory that holds one.`);
  }
  const device = value("interface");
  if (serve && device === undefined) throw usage(msg`--serve needs --interface`, msg`Name the interface to answer on.`);
  const machines = (words.lists.get("mac") ?? []).map(decodeMac);
  const disks = (words.lists.get("disk") ?? []).map(decodeDisk);
  const [answers, unattended] = [answersOf(value("answers")), words.flags.has("unattended")];
  checkMachines(machines, disks, unattended ? "--unattended" : answers === undefined ? undefined : "--answers");
  const [prefix, range, nfs] = [value("prefix"), value("range"), nfsOf(value("nfs"))];
  const path = out.startsWith("/") ? out : `${workingDirectory}/${out}`;
  return {
    ...{
      place,
      device,
      serve,
      machines,
      disks,
      answers,
      unattended,
      nfs,
      source: sourceOf(value("source"), nfs),
      force: words.flags.has("force"),
    },
    directory: path.replace(/\/+$/, "") || "/",
    prefix: prefix === undefined ? undefined : requirePrefix(prefix, "--prefix"),
    server: serverOf(value("server")),
    status: statusOf(value("status")),
    range: range === undefined ? undefined : decodeRange(range),
  };
}
