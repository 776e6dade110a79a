import type { LoaderFacts } from "../types.ts";

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

function allMatches(texts: readonly string[], pattern: RegExp): string[] {
  const found = texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found)].filter((word) => word !== "").sort();
}

/** Collects the references out of grub.cfg and its stub on the ESP. */
export function grubReferences(texts: readonly string[]): GrubReferences {
  const plain = texts.map((text) => text.replace(/^\s*#.*$/gm, ""));
  const subvolumes = allMatches(plain, /\brootflags=[^\s'"]*\bsubvolid=(\d+)/g);
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
export function grubHome(facts: LoaderFacts): { directory: string; install: string; makeConfig: readonly string[] } {
  const has = (name: string) => facts.files.some((path) => path.endsWith(`/${name}`));
  const two = facts.files.includes("/boot/grub2/grub.cfg") && !facts.files.includes("/boot/grub/grub.cfg");
  const directory = two ? "/boot/grub2" : "/boot/grub";
  const install = !has("grub-install") && has("grub2-install") ? "grub2-install" : "grub-install";
  const makeConfig = has("update-grub")
    ? ["update-grub"]
    : [has("grub2-mkconfig") ? "grub2-mkconfig" : "grub-mkconfig", "-o", `${directory}/grub.cfg`];
  return { directory, install, makeConfig };
}

/** The configuration texts that say what GRUB looks for. */
export function grubTexts(facts: LoaderFacts): string[] {
  return Object.entries(facts.texts)
    .filter(([path]) => path.endsWith("/grub.cfg"))
    .map(([, text]) => text);
}
