import type { Link } from "../../network/links.ts";
import type { NetworkOptions } from "../words/boot-options.ts";

/** How a set was written over the network, as words of the rescue. */
export type ArchivedWishes = Pick<NetworkOptions, "source" | "prefix" | "ipconf">;

/** The network of the rescue: what is wanted (a person may change it), and what is set up. */
export interface NetworkSession {
  wishes: NetworkOptions;
  /** The first card that has an address now. */
  card: Link | undefined;
  /** Takes down what an earlier try set up. */
  reset: () => void;
  /** Servers with copies of the set that was found, as `parseSource` gives them. */
  spares: readonly string[];
  /** Unmounts the shares. */
  detach: () => Promise<void>;
}

/** A network that nothing was done about yet. */
export function newNetworkSession(wishes: NetworkOptions): NetworkSession {
  return { wishes, card: undefined, spares: [], reset: () => {}, detach: async () => {} };
}

/**
 * Pure: what the boot words leave open is as it was when the set was written. The machine's old address only goes with
 * its old server: whoever names another one, a disk or a tape, has another network in mind.
 */
export function withArchived(wishes: NetworkOptions, archived: ArchivedWishes | undefined): NetworkOptions {
  const isElsewhere = wishes.source !== undefined || wishes.store !== undefined || wishes.tape !== undefined;
  return archived && !isElsewhere ? { ...archived, ...wishes } : wishes;
}
