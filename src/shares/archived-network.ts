import type { Needs } from "../drivers/contracts.ts";

/** How the set was written over the network: what a restore over the network does when no boot word says otherwise. */
export interface ArchivedNetwork {
  /** The value of `nfsmount=`: the directory of the NFS share that holds the set. */
  readonly nfsmount?: string;
  /** The value of `mondo.source=`: the directory of another server. */
  readonly source?: string;
  /** Keys of the SSH server: lines of known_hosts. */
  readonly knownHosts?: string;
  readonly prefix: string;
  /** The value of `ipconf=`: the card over which this machine reached the server. */
  readonly ipconf?: string;
}

const NOTHING: Needs = { tools: [], modules: [] };
/** By the beginning of the source. */
const SOURCE_NEEDS: Readonly<Record<string, Needs>> = {
  "sftp:": { tools: ["ssh"], modules: ["fuse"] },
  "cifs:": { tools: [], modules: ["cifs"] },
};

/** What the image must hold to read the set from where it is written. */
export function networkNeeds(network: ArchivedNetwork | undefined): Needs {
  const scheme = Object.keys(SOURCE_NEEDS).find((name) => network?.source?.startsWith(name));
  return scheme === undefined ? NOTHING : (SOURCE_NEEDS[scheme] ?? NOTHING);
}
