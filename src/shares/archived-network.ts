import type { Needs } from "../drivers/contracts.ts";
import { sharedPlace } from "./share-words.ts";

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

/** A place on a server where a copy of the set lies, or will. Part of /etc/mondo/boot.json. */
export interface ArchivedCopy {
  /** As `parseSource` gives it, without secrets. */
  readonly source: string;
  /** Keys of an SSH server: lines of known_hosts. */
  readonly knownHosts?: string;
}

/** What an image must hold to read the set from these places. Pure. */
export const networkNeeds = (places: readonly Pick<ArchivedNetwork, "source">[]): readonly Needs[] =>
  places.flatMap(({ source }) => sharedPlace(source)?.share.driver.needs ?? []);
