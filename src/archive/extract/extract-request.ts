import type { PlacedImage } from "../../effects/effect.ts";
import type { HiddenPlace } from "../../layout/hidden-places.ts";
import type { Elsewhere } from "../catalog/copies.ts";
import type { Choice, Problem } from "../entry.ts";
import type { MediumPass } from "../set/media-passes.ts";
import type { ArchiveSet, Locate } from "../set-files.ts";
import type { Overwrite } from "./overwrite.ts";
import type { RoomLack } from "./survey.ts";

export interface ExtractRequest {
  /** Directory that holds volumes and catalog. */
  readonly directory: string;
  /** Where they lie; default: in that directory. */
  readonly locate?: Locate;
  readonly manifest: ArchiveSet;
  /** Existing directory that the archive's root becomes. */
  readonly target: string;
  /** Workers; 0 does the work on the calling thread. */
  readonly threads: number;
  /** Takes only the entries it accepts; hard links bring along the file that they need. Default: all. */
  readonly select?: Choice;
  /** Entries that are left out of all; hard links from elsewhere to them are lost. Default: none. */
  readonly skip?: Choice;
  /** Content of what is left out, in bytes: not waited for. */
  readonly skippedBytes?: number;
  /** Paths below the root (`/boot/efi`) where owners, modes and xattrs can't be stored: failures there are expected. */
  readonly lenientMounts?: readonly string[];
  /** Entries whose content goes to a device instead of a file. */
  readonly devices?: readonly PlacedImage[];
  /**
   * Places below mounts, where the target has mounts: what belongs there is put there. Default: it is put where the
   * archive has it.
   */
  readonly hidden?: readonly HiddenPlace[];
  /** What becomes of existing files; those that stay, or get another name, are a Problem each. Default: `always`. */
  readonly overwrite?: Overwrite;
  /**
   * Gives files their names when they are complete: an extraction that is killed leaves none that is cut short, nor has
   * it taken away what it would have replaced. Costs a rename for each file.
   */
  readonly hideUnfinished?: boolean;
  /**
   * Goes on with an extraction that was cut off: files, and parts of large ones and of devices, whose content is that
   * of the backup already are kept. Default: everything is made anew.
   */
  readonly goOn?: boolean;
  /**
   * Called before anything is made, for each file system of the target that has less room than the files need at least;
   * may throw. Default: nobody looks.
   */
  readonly onLack?: (lack: RoomLack) => void;
  /** Passes over damaged parts of the catalog, a Problem, instead of giving up. */
  readonly salvage?: boolean;
  /**
   * Awaited before the content on a medium is read, one medium after the other; nothing of an earlier one is open then.
   * What `locate` doesn't find afterwards is lost, each file a Problem; an error ends the extraction.
   */
  readonly needMedium?: (pass: MediumPass) => Promise<void>;
  /**
   * Told as it goes on how many of the catalog's items (entries and pieces, from its start) are in place, or have
   * become problems; infinity when all are. Links, and what directories get in the end, come after that. Of a set on
   * several media it is told nothing but the end.
   */
  readonly onPlaced?: (items: number) => void;
}

export interface ExtractResult {
  readonly entries: number;
  readonly bytes: number;
  /** Compressed bytes that were read from the volumes. */
  readonly readBytes: number;
  /** Of the content, what was in place already (`goOn`). */
  readonly leftBytes: number;
  readonly problems: readonly Problem[];
  /** Files whose content in the volumes is not what was written; each is a problem, too. */
  readonly damagedFiles: number;
  /** Volumes of which something came from further servers. */
  readonly elsewhere: readonly Elsewhere[];
}
