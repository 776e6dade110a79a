import type { LoaderFacts } from "../contracts.ts";
import type { GrubDetails, GrubReferences } from "./grub-details.ts";

function allMatches(texts: readonly string[], pattern: RegExp): string[] {
  const found = texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found)].filter((word) => word !== "").sort();
}

const withoutComments = (texts: readonly string[]) => texts.map((text) => text.replace(/^\s*#.*$/gm, ""));

/** Numbers of the subvolumes that kernels mount as root by their command lines. */
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
function grubHome(facts: LoaderFacts): Pick<GrubDetails, "directory" | "install"> {
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
export function grubDetailsFrom(facts: LoaderFacts): GrubDetails {
  const home = grubHome(facts);
  const more = blsDetails(facts, home.directory);
  const texts = Object.entries(facts.texts).flatMap(([path, text]) =>
    path.endsWith("/grub.cfg") || more.configs?.includes(path) ? [text] : [],
  );
  return { ...home, references: grubReferences(texts), ...more };
}
