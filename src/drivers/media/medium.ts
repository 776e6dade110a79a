import type { SerialConsole } from "../../formats/boot/serial-consoles.ts";

/** What the boot menu of a medium offers and says. */
export interface BootMenu {
  /** First line: which machine's backup this is. */
  readonly title: string;
  /** UUID of the set: the rescue looks for the medium that holds it. */
  readonly set: string;
  /** `-H`: the destructive RESTORE is the default. Otherwise the default asks. */
  readonly restoreByDefault: boolean;
  /** Serial consoles of the saved machine. Default: the first port, at 115200 baud. */
  readonly serial?: readonly SerialConsole[];
  /** Further kernel words for every entry. */
  readonly extraWords?: readonly string[];
}

/** A rescue system that goes onto a medium, beside a directory `/mondo` that is empty yet. */
export interface MediumContent {
  /** File that is written. */
  readonly output: string;
  /** Directory for boot files on their way; it is removed. */
  readonly scratch: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly menu: BootMenu;
  /** Volume label, at most 32 characters of A–Z, 0–9 and _. */
  readonly volumeId: string;
}

/** A further medium of a set: it will hold only data. */
export type DataContent = Pick<MediumContent, "output" | "scratch" | "volumeId">;

/** One kind of medium: what differs between ISO image, stick, PXE folder and tape is behind this. */
export interface MediumDriver {
  readonly name: string;
  /** Tools that must be on the live system to write it, with Debian's packages. */
  readonly liveTools: Readonly<Record<string, string>>;
}
