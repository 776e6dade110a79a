/** A kernel for a medium. */
export interface Kernel {
  readonly path: string;
  readonly version: string;
  /** Directory of its modules (where modules.dep is). */
  readonly modules: string;
  /** Directory that its firmware is looked for in. */
  readonly firmware: string;
}
