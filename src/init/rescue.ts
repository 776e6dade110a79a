import type { Manifest } from "../archive/set/manifest.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { ModuleService } from "../modules/module-service.ts";
import { parseIpConf } from "../network/network-words.ts";
import type { Answers } from "../restore/answers.ts";
import { parseSource } from "../shares/share-words.ts";
import type { Ask } from "../ui/ask.ts";
import type { Consoles } from "../ui/consoles.ts";
import type { ArchivedWishes, NetworkSession } from "./medium/network-session.ts";
import type { Medium } from "./medium/try-media.ts";
import type { WaitForChild } from "./person/shell.ts";
import type { BootOptions } from "./words/boot-options.ts";
import { parseSetId } from "./words/word-values.ts";

/** What the image was made for: /etc/mondo/boot.json. Every field may be absent (an image made for no set). */
export interface ImageIdentity {
  readonly set?: string;
  readonly host?: string;
  readonly created?: number;
  readonly version?: string;
  /** How the set was written over the network. */
  readonly network?: ArchivedWishes;
  /** Keys of the SSH server that has the set: lines of known_hosts. */
  readonly knownHosts?: string;
}

/** What the worker holds; the phases fill it. */
export interface Rescue {
  readonly host: Host;
  readonly consoles: Consoles;
  readonly ask: Ask;
  readonly reporter: Reporter;
  readonly log: (text: string) => void;
  readonly wait: WaitForChild;
  readonly options: BootOptions;
  readonly identity: ImageIdentity;
  readonly modules: ModuleService;
  readonly network: NetworkSession;
  /** Devices that a key or answers were read from: no restore writes to them. */
  readonly sticks: Set<string>;
  medium: Medium | undefined;
  manifest: Manifest | undefined;
  /** What was answered before anybody could be asked. */
  answers: Answers | undefined;
}

/** Pure: the archived words of the network; those that can't be understood are absent. */
function archivedNetwork(value: unknown): ArchivedWishes | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const words = value as Record<string, unknown>;
  const text = (name: string) => (typeof words[name] === "string" ? words[name] : "");
  const [source, ipconf, prefix] = [parseSource(text("source")), parseIpConf(text("ipconf")), text("prefix")];
  if (source === undefined) return undefined;
  return {
    source,
    ...(ipconf ? { ipconf } : {}),
    ...(prefix === "" ? {} : { prefix }),
  };
}

/** Reads /etc/mondo/boot.json; one that can't be understood counts as absent. */
export function readIdentity(host: Host): ImageIdentity {
  try {
    const value: unknown = JSON.parse(host.tryReadText("/etc/mondo/boot.json") ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    const { set, host: name, created, version, network } = value as Record<string, unknown>;
    const archived = archivedNetwork(network);
    const id = typeof set === "string" ? parseSetId(set) : undefined;
    const { knownHosts } = (network ?? {}) as { knownHosts?: unknown };
    return {
      ...(typeof knownHosts === "string" ? { knownHosts } : {}),
      ...(archived ? { network: archived } : {}),
      ...(id === undefined ? {} : { set: id }),
      ...(typeof name === "string" && name !== "" ? { host: name } : {}),
      ...(typeof created === "number" ? { created } : {}),
      ...(typeof version === "string" ? { version } : {}),
    };
  } catch {
    return {};
  }
}
