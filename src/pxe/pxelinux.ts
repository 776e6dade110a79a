import { msg } from "../base/message.ts";
import { MENU_SECONDS } from "../drivers/media/boot-menu.ts";
import { appendLine, sourceWords } from "./append-line.ts";
import { defaultEntry, entries, MADE_BY, type PxeMachine, type PxeSet, type PxeSite } from "./site.ts";

/** The name that pxelinux looks for first: `01-52-54-00-…` (01 is Ethernet). Source: syslinux doc/pxelinux.txt. */
export function pxelinuxFileName(mac: string): string {
  return `01-${mac.toLowerCase().replaceAll(":", "-")}`;
}

/**
 * A file of pxelinux.cfg, with the label, prompt and timeout of Mondo's recipes. Only a typed label starts a restore,
 * unless the machine is to restore itself; without an answer it boots from its disk. `ipappend 2` adds BOOTIF=, the
 * card that it booted from.
 */
export function pxelinuxConfig(site: PxeSite, set: PxeSet, machine?: PxeMachine): string {
  const source = sourceWords(site, set, machine);
  const byItself = defaultEntry(site, machine);
  const after = (label: string) => (label === byItself ? msg` (after ${MENU_SECONDS} s by itself)` : "");
  const labels = entries.map(({ label, word }) =>
    [
      `label ${label}`,
      `  kernel ${set.place}vmlinuz-mondo`,
      `  append initrd=${set.place}initrd-mondo.img ${appendLine(word, source)}`,
      "  ipappend 2",
    ].join("\n"),
  );
  const head = [
    "serial 0 115200",
    `# ${MADE_BY}: ${set.title}`,
    "prompt 1",
    `timeout ${MENU_SECONDS * 10}`,
    `default ${byItself}`,
    `say Mondo: ${set.title}`,
    ...[...entries, { label: "local", text: msg`boot from the disk` }].map(
      ({ label, text }) => `say   ${label.padEnd(14)} ${text}${after(label)}`,
    ),
  ].join("\n");
  return `${[head, "label local\n  localboot 0", ...labels].join("\n\n")}\n`;
}
