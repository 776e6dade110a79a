/** What a drive must be able to write it with. */
export type DiscFamily = "CD" | "DVD" | "BD";

/** A kind of disc that can be written. */
export interface MediaKind {
  readonly family: DiscFamily;
  /** What it holds can be erased. */
  readonly isRewritable: boolean;
  /** Written over in place: whether it holds anything, only its first sectors tell. */
  readonly isOverwritten?: true;
  /** As one open-ended track: a drive need not know how to reserve one, and the disc becomes the same. */
  readonly isOpenEnded?: true;
}

const once = (family: DiscFamily): MediaKind => ({ family, isRewritable: false });
const again = (family: DiscFamily): MediaKind => ({ family, isRewritable: true });
const over = (family: DiscFamily): MediaKind => ({ family, isRewritable: true, isOverwritten: true });

/** By the names that libburn has for the profiles of MMC. Source: libburn, burn_disc_get_profile(). */
const kinds: Readonly<Record<string, MediaKind>> = {
  "CD-R": once("CD"),
  "CD-RW": again("CD"),
  "DVD-R sequential recording": once("DVD"),
  "DVD-R/DL sequential recording": once("DVD"),
  "DVD-RW sequential recording": again("DVD"),
  "DVD-RW restricted overwrite": over("DVD"),
  "DVD-RAM": over("DVD"),
  "DVD+R": { ...once("DVD"), isOpenEnded: true },
  "DVD+R/DL": { ...once("DVD"), isOpenEnded: true },
  "DVD+RW": over("DVD"),
  "DVD+RW/DL": over("DVD"),
  "BD-R sequential recording": once("BD"),
  "BD-R random recording": once("BD"),
  "BD-RE": over("BD"),
};

/** The kind of a profile; undefined: nothing can be written to it. */
export const mediaKindOf = (profile: string): MediaKind | undefined =>
  Object.hasOwn(kinds, profile) ? kinds[profile] : undefined;

/** `DVD-R sequential recording` → `DVD-R` */
export const shortName = (profile: string): string => profile.replace(/ (?:sequential|random) recording$/, "");
