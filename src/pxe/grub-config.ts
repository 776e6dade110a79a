import { msg } from "../base/message.ts";
import { grubQuoted, hotkeyOf, MENU_SECONDS } from "../drivers/media/boot-menu.ts";
import { appendLine, sourceWords } from "./append-line.ts";
import { defaultEntry, entries, MADE_BY, type PxeSet, type PxeSite } from "./site.ts";

/** Place of the kernel and source of the set, as assignments. */
function assignments({ place, prefix }: PxeSet, source: string): string[] {
  return [`set place=${place}`, `set source='${source}'`, `set name='${prefix}'`];
}

/**
 * grub.cfg for network boot, by TFTP or HTTP. `$base` is the tree's place on the server if our own image set it; the
 * signed one leaves it empty, and paths start at the TFTP root. `$net_default_mac` is the card that the machine booted
 * from.
 */
export function networkGrubConfig(site: PxeSite): string {
  const machines = site.machines.flatMap((machine) => [
    `if [ "$net_default_mac" = "${machine.mac}" ]; then`,
    ...assignments(machine.set, sourceWords(site, machine.set, machine)).map((line) => `  ${line}`),
    `  set default=${defaultEntry(site, machine)}`,
    "fi",
  ]);
  const menu = entries.map(({ label, word, text }) =>
    [
      `menuentry "$name: "${grubQuoted(text)} --id ${label} --hotkey ${hotkeyOf(label)} {`,
      `  linux $base/\${place}vmlinuz-mondo ${appendLine(word, "$source")} BOOTIF=01:$net_default_mac`,
      `  initrd $base/\${place}initrd-mondo.img`,
      "}",
    ].join("\n"),
  );
  return `${[
    `# ${MADE_BY}`,
    ...assignments(site.set, sourceWords(site, site.set)),
    `set timeout=${MENU_SECONDS}`,
    `set default=${defaultEntry(site, undefined)}`,
    ...machines,
    `menuentry ${grubQuoted(msg`Boot from the disk`)} --id local --hotkey l {\n  exit\n}`,
    ...menu,
  ].join("\n")}\n`;
}

/** First commands of our own GRUB image: the tree is where the image came from. */
export const NETWORK_GRUB_EARLY = "set base=$cmdpath\nconfigfile $base/grub/grub.cfg\n";
