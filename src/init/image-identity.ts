import type { Host } from "../host/host.ts";
import { parseIpConf } from "../network/ip-conf.ts";
import type { ArchivedCopy } from "../shares/archived-network.ts";
import { parseSource } from "../shares/share-words.ts";
import type { ArchivedWishes } from "./network/network-session.ts";
import { parseSetId } from "./words/word-values.ts";

const PATH = "/etc/mondo/boot.json";

/** The set that the image was made for: `/etc/mondo/boot.json`. Empty for an image without a set. */
export interface ImageIdentity {
  readonly set?: string;
  readonly host?: string;
  readonly created?: number;
  readonly version?: string;
  /** How the set was written over the network. */
  readonly network?: ArchivedWishes;
  /** Servers that may have copies of it. */
  readonly copies?: readonly ArchivedCopy[];
  /** Kernel modules that it loads first, or never (`--force-modules`, `--deny-modules`). */
  readonly modules?: { readonly force: readonly string[]; readonly deny: readonly string[] };
  /** Keys of the SSH server that has the set: lines of known_hosts. */
  readonly knownHosts?: string;
}

/** The texts of an object by their names; `undefined` for anything else. */
function textsOf(value: unknown): (name: string) => string | undefined {
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  return (name) => {
    const text = fields[name];
    return typeof text === "string" && text !== "" ? text : undefined;
  };
}

/** Pure: the archived words of the network, without those that can't be parsed. */
function archivedNetwork(value: unknown): ArchivedWishes | undefined {
  const text = textsOf(value);
  const [source, ipconf] = [parseSource(text("source") ?? ""), parseIpConf(text("ipconf") ?? "")];
  const prefix = text("prefix");
  if (source === undefined) return undefined;
  return { source, ...(ipconf ? { ipconf } : {}), ...(prefix === undefined ? {} : { prefix }) };
}

/** Pure: the places of copies that can be parsed. */
function archivedCopies(value: unknown): readonly ArchivedCopy[] {
  return (Array.isArray(value) ? value : []).flatMap((one: unknown) => {
    const text = textsOf(one);
    const [source, knownHosts] = [parseSource(text("source") ?? ""), text("knownHosts")];
    return source === undefined ? [] : [{ source, ...(knownHosts === undefined ? {} : { knownHosts }) }];
  });
}

const namesIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];

/** Pure: modules by name; `undefined` where none are named. */
function ownModules(value: unknown): ImageIdentity["modules"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { force, deny } = value as { readonly force?: unknown; readonly deny?: unknown };
  return { force: namesIn(force), deny: namesIn(deny) };
}

function identityOf(value: object): ImageIdentity {
  const { network, created, copies: written, modules } = value as Readonly<Record<string, unknown>>;
  const copies = archivedCopies(written);
  const own = ownModules(modules);
  const text = textsOf(value);
  const archived = archivedNetwork(network);
  const knownHosts = textsOf(network)("knownHosts");
  const [set, host, version] = [parseSetId(text("set") ?? ""), text("host"), text("version")];
  return {
    ...(knownHosts === undefined ? {} : { knownHosts }),
    ...(archived ? { network: archived } : {}),
    ...(copies.length > 0 ? { copies } : {}),
    ...(own ? { modules: own } : {}),
    ...(set === undefined ? {} : { set }),
    ...(host === undefined ? {} : { host }),
    ...(typeof created === "number" ? { created } : {}),
    ...(version === undefined ? {} : { version }),
  };
}

/** Reads the image's identity; empty when it can't be parsed. */
export function readIdentity(host: Host): ImageIdentity {
  try {
    const value: unknown = JSON.parse(host.tryReadText(PATH) ?? "{}");
    return typeof value === "object" && value !== null ? identityOf(value) : {};
  } catch {
    return {};
  }
}
