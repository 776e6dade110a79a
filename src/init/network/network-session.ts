import type { Link } from "../../network/links.ts";
import type { ArchivedCopy } from "../../shares/archived-network.ts";
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
 * its old server: whoever names another one, a disk or a tape, has another network in mind. Copies are asked after
 * whichever place that is, unless the words name others.
 */
export function withArchived(
  wishes: NetworkOptions,
  { network, copies = [] }: { readonly network?: ArchivedWishes; readonly copies?: readonly ArchivedCopy[] },
): NetworkOptions {
  const isElsewhere = wishes.source !== undefined || wishes.store !== undefined || wishes.tape !== undefined;
  const all = network && !isElsewhere ? { ...network, ...wishes } : wishes;
  const spares = all.spares ?? copies.map(({ source }) => source).filter((source) => source !== all.source);
  return spares.length > 0 ? { ...all, spares } : all;
}
