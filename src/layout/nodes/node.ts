/** Names a node within one layout. */
export type NodeId = string;

/** What every node has. */
export interface Node<Kind extends string> {
  readonly kind: Kind;
  /** Unique and stable within one layout, made of kind and name: `disk:vda`, `part:vda1`, `fs:vda1`. */
  readonly id: NodeId;
}
