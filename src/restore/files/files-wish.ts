import type { Overwrite } from "../../archive/extract/overwrite.ts";

/** What a command line says about files, instead of questions. */
export interface FilesWish {
  readonly patterns: readonly string[];
  /** Default: their place. */
  readonly directory?: string;
  /** Default: `never`. */
  readonly overwrite?: Overwrite;
}
