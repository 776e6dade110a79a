import type { IpConf } from "../init/network-words.ts";
import { appendLine, sourceWords } from "./append-line.ts";
import { entries, MADE_BY, PATIENCE_SECONDS, type PxeSet, type PxeSite } from "./site.ts";

/** The name that pxelinux looks for first: `01-52-54-00-…` (01 is Ethernet). Source: syslinux doc/pxelinux.txt. */
export function pxelinuxFileName(mac: string): string {
  return `01-${mac.toLowerCase().replaceAll(":", "-")}`;
}

/**
 * A file of pxelinux.cfg, with the label, prompt and timeout of Mondo's recipes. Nothing starts a restore but a typed label: a
 * machine that nobody answers for boots from its disk. `ipappend 2` adds BOOTIF=, the card that it was started over.
 */
export function pxelinuxConfig(site: PxeSite, set: PxeSet, ipconf?: IpConf): string {
  const source = sourceWords(site, set, ipconf);
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
    `timeout ${PATIENCE_SECONDS * 10}`,
    "default local",
    `say Mondo: ${set.title}`,
    ...entries.map(({ label, text }) => `say   ${label.padEnd(14)} ${text}`),
    `say   ${"local".padEnd(14)} boot from the disk (after ${PATIENCE_SECONDS} s by itself)`,
  ].join("\n");
  return `${[head, "label local\n  localboot 0", ...labels].join("\n\n")}\n`;
}
