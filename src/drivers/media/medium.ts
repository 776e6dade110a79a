/** What the boot menu of a medium offers and says. */
export interface BootMenu {
  /** First line: which machine's backup this is. */
  readonly title: string;
  /** UUID of the set: the rescue looks for the medium that holds it. */
  readonly set: string;
  /** `-H`: the destructive RESTORE is the default. Otherwise the default asks. */
  readonly restoreByDefault: boolean;
  /** Further kernel words for every entry. */
  readonly extraWords?: readonly string[];
}

/** A set and its rescue system, ready to be put onto a medium. */
export interface MediumContent {
  /** File or device that is written. */
  readonly output: string;
  /** Directory of the set: becomes /mondo on the medium. */
  readonly set: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly menu: BootMenu;
  /** Volume label, at most 32 characters of A–Z, 0–9 and _. */
  readonly volumeId: string;
}

/** A further medium of a set: it holds only data. */
export type DataContent = Pick<MediumContent, "output" | "set" | "volumeId">;

/** One kind of medium: what differs between ISO image, stick, PXE folder and tape is behind this. */
export interface MediumDriver {
  readonly name: string;
  /** Tools that must be on the live system to write it, with Debian's packages. */
  readonly liveTools: Readonly<Record<string, string>>;
}
