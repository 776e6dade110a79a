import { list, name, optional, path, record, word } from "../../layout/kinds/field-schemas.ts";
import type { LoaderFacts } from "../contracts.ts";
import type { DetailFields } from "../detail-fields.ts";

/** Details that every GRUB loader node carries. */
export interface GrubDetails {
  readonly directory: string;
  readonly install: string;
  readonly references: GrubReferences;
  /** Where a file system with entries of the Boot Loader Specification is mounted, when the menu is made of these (blscfg). */
  readonly bls?: string;
  /** The entries' files, and where GRUB keeps the words that they share. */
  readonly configs?: readonly string[];
}

/** What GRUB's configuration names: these must exist for the system to start. */
export interface GrubReferences {
  /** File-system UUIDs (`search --fs-uuid`, `root=UUID=`). */
  readonly uuids: readonly string[];
  /** PARTUUIDs (`root=PARTUUID=`). */
  readonly partitionUuids: readonly string[];
  /** Device names (`root=/dev/sda1`): only right while the disk keeps its name. */
  readonly devices: readonly string[];
  /** Numbers of btrfs subvolumes (`rootflags=subvolid=257`): a restored one has another. Absent when none is named. */
  readonly subvolumes?: readonly string[];
}

/** Schema of what a loader's menu names, as far as a plan looks at it. */
const references = record({
  uuids: list(word),
  partitionUuids: list(word),
  devices: list(word),
  subvolumes: optional(list(word)),
});

/** Schemas of the details that every GRUB has. */
export const grubFields: DetailFields<GrubDetails> = {
  directory: path,
  install: name,
  references,
  bls: optional(path),
  configs: optional(list(path)),
};

function allMatches(texts: readonly string[], pattern: RegExp): string[] {
  const found = texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found)].filter((word) => word !== "").sort();
}

const withoutComments = (texts: readonly string[]) => texts.map((text) => text.replace(/^\s*#.*$/gm, ""));

/** Numbers of subvolumes that kernels are told to mount as root. */
export function subvolumeNumbers(texts: readonly string[]): string[] {
  return allMatches(withoutComments(texts), /\brootflags=[^\s'"]*\bsubvolid=(\d+)/g);
}

/** Collects the references out of grub.cfg and its stub on the ESP. */
export function grubReferences(texts: readonly string[]): GrubReferences {
  const plain = withoutComments(texts);
  const subvolumes = subvolumeNumbers(texts);
  const uuid = "([0-9A-Fa-f]{4,8}(?:-[0-9A-Fa-f]{4,12})+)";
  return {
    uuids: [
      ...new Set([
        ...allMatches(plain, new RegExp(`\\broot=UUID=${uuid}`, "g")),
        ...allMatches(plain, new RegExp(`^\\s*search(?:\\.fs_uuid|\\b.*--fs-uuid\\b)(?:.*?[\\s'"])${uuid}`, "gm")),
      ]),
    ].sort(),
    partitionUuids: allMatches(plain, /\broot=PARTUUID=([0-9A-Fa-f-]+)/g),
    devices: allMatches(plain, /\broot=(\/dev\/[^\s'"]+)/g),
    ...(subvolumes.length === 0 ? {} : { subvolumes }),
  };
}

/** Debian keeps GRUB in /boot/grub and calls the tool grub-install; Fedora and SUSE write grub2 in both. */
function grubHome(facts: LoaderFacts): { directory: string; install: string } {
  const has = (name: string) => facts.files.some((path) => path.endsWith(`/${name}`));
  const two = facts.files.includes("/boot/grub2/grub.cfg") && !facts.files.includes("/boot/grub/grub.cfg");
  const directory = two ? "/boot/grub2" : "/boot/grub";
  const install = !has("grub-install") && has("grub2-install") ? "grub2-install" : "grub-install";
  return { directory, install };
}

const BLS_TOP = "/boot";

/** The entries of a menu that GRUB makes of them: Fedora's and its kin's. */
function blsDetails(facts: LoaderFacts, directory: string): Pick<GrubDetails, "bls" | "configs"> {
  if (!/^\s*blscfg\b/m.test(facts.texts[`${directory}/grub.cfg`] ?? "")) return {};
  const entries = Object.keys(facts.texts).filter((path) => path.startsWith(`${BLS_TOP}/loader/entries/`));
  return { bls: BLS_TOP, configs: [...entries, `${directory}/grubenv`] };
}

/** What is to be known of GRUB on the set's machine. */
export function grubDetails(facts: LoaderFacts): GrubDetails {
  const home = grubHome(facts);
  const more = blsDetails(facts, home.directory);
  const texts = Object.entries(facts.texts).flatMap(([path, text]) =>
    path.endsWith("/grub.cfg") || more.configs?.includes(path) ? [text] : [],
  );
  return { ...home, references: grubReferences(texts), ...more };
}
