import { msg } from "../base/message.ts";
import { MENU_SECONDS } from "../drivers/media/boot-menu.ts";
import { appendLine, sourceWords } from "./append-line.ts";
import { defaultEntry, entries, MADE_BY, type PxeSite } from "./site.ts";

/** A setting that iPXE fills in. */
const use = (setting: string): string => `\${${setting}}`;

/**
 * boot.ipxe: a menu for machines that run iPXE, by TFTP or HTTP. Paths are relative to the script. Source:
 * ipxe.org/scripting.
 */
export function ipxeScript(site: PxeSite): string {
  const machines = site.machines.flatMap((machine) => {
    const { mac, set } = machine;
    const start = `iseq ${use("netX/mac")} ${mac}`;
    return [
      `${start} && set place ${set.place} ||`,
      `${start} && set source ${sourceWords(site, set, machine)} ||`,
      `${start} && set first ${defaultEntry(site, machine)} ||`,
      `${start} && set title ${set.title} ||`,
    ];
  });
  const parts = entries.map(({ label, word }) =>
    [
      `:${label}`,
      `kernel ${use("place")}vmlinuz-mondo initrd=initrd-mondo.img ${appendLine(word, use("source"))} BOOTIF=01-${use("netX/mac:hexhyp")}`,
      `initrd ${use("place")}initrd-mondo.img`,
      "boot",
    ].join("\n"),
  );
  return `${[
    "#!ipxe",
    `# ${MADE_BY}`,
    `set place ${site.set.place}`,
    `set source ${sourceWords(site, site.set)}`,
    `set first ${defaultEntry(site, undefined)}`,
    `set title ${site.set.title}`,
    ...machines,
    `menu Mondo: ${use("title")}`,
    `item local ${msg`Boot from the disk`}`,
    ...entries.map(({ label, text }) => `item ${label} ${text}`),
    `choose --default ${use("first")} --timeout ${MENU_SECONDS * 1000} choice || goto local`,
    `goto ${use("choice")}`,
    ":local",
    "exit",
    ...parts,
  ].join("\n")}\n`;
}
