import type { Needs } from "../drivers/contracts.ts";
import { parseShare } from "./share-words.ts";

/**
 * How a set was written over the network: the defaults of a restore, where no boot word overrides them. Part of
 * /etc/mondo/boot.json.
 */
export interface ArchivedNetwork {
  /** The directory that holds the set, as `parseSource` gives it. */
  readonly source: string;
  /** Keys of an SSH server: lines of known_hosts. */
  readonly knownHosts?: string;
  readonly prefix: string;
  /** The card over which this machine reached the server, as `renderIpConf` gives it. */
  readonly ipconf?: string;
}

/** What an image must hold to read the set from where it was written. Pure. */
export function networkNeeds(network: ArchivedNetwork | undefined): Needs {
  const share = network && parseShare(network.source);
  return share?.driver.needs ?? { tools: [], modules: [] };
}
