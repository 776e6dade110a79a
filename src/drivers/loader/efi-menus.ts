import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { LoaderContext } from "../contracts.ts";
import { commandLineDefects } from "./check-entries.ts";

/**
 * Menus of rEFInd and Limine. Source: rodsbooks.com/refind/configfile.html, rodsbooks.com/refind/linux.html;
 * CONFIG.md of Limine, "Location of the config file".
 */
export const EFI_MENUS: readonly string[] = [
  "/boot/refind_linux.conf",
  ...["/boot/efi", "/efi", "/boot"].flatMap((esp) => [
    ...["refind", "BOOT"].map((directory) => `${esp}/EFI/${directory}/refind.conf`),
    ...["", "/limine", "/boot", "/boot/limine", "/EFI/limine", "/EFI/BOOT"].flatMap((directory) =>
      ["limine.conf", "limine.cfg"].map((name) => `${esp}${directory}/${name}`),
    ),
  ]),
];

type Place = Pick<LoaderContext, "layout" | "targets" | "names" | "root">;

/** What a line gives the kernel, without the setting's own name: `cmdline: root=…`, `CMDLINE=root=…`. */
const optionsIn = (line: string) => line.replace(/^\s*(?:kernel_)?(?:cmdline|options)\s*[:=]?\s*/i, "");

const GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** File systems and partitions by their identifiers: Limine's `uuid(…):/`, rEFInd's `volume …`. */
const NAMED = new RegExp(`(?:\\b(?:uuid|guid)\\(|^\\s*volume\\s+"?)(${GUID})`, "i");

function lineDefects(place: Place, file: string, line: string): string[] {
  const [, id] = NAMED.exec(line) ?? [];
  const isHere = (spec: string) => commandLineDefects(place, file, `root=${spec}`).length === 0;
  const known = id === undefined || isHere(`UUID=${id.toLowerCase()}`) || isHere(`PARTUUID=${id.toLowerCase()}`);
  return [
    ...(known ? [] : [msg`${file} names ${id}, which is on none of the restored disks`]),
    ...commandLineDefects(place, file, optionsIn(line)),
  ];
}

/** What the menus of a restored system name in vain; each string is a defect. */
export function efiMenuDefects(host: Pick<Host, "tryReadText">, place: Place): string[] {
  return EFI_MENUS.flatMap((file) => {
    const lines = (host.tryReadText(`${place.root}${file}`) ?? "").split(/\r?\n/).filter((line) => !/^\s*#/.test(line));
    return [...new Set(lines.flatMap((line) => lineDefects(place, file, line)))];
  });
}
