/** How the set was written over the network: what a restore over the network does when no boot word says otherwise. */
export interface ArchivedNetwork {
  /** The value of `nfsmount=`: the directory of the share that holds the set. */
  readonly nfsmount: string;
  readonly prefix: string;
  /** The value of `ipconf=`: the card over which this machine reached the server. */
  readonly ipconf?: string;
}
