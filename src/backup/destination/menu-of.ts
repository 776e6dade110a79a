import { dateText } from "../../archive/set/chain.ts";
import { languageOfMachine } from "../../base/language.ts";
import { version } from "../../base/program-version.ts";
import type { BootMenu } from "../../drivers/media/medium.ts";
import { serialConsoles } from "../../formats/boot/serial-consoles.ts";
import type { Host } from "../../host/host.ts";
import type { Job } from "../prepare-backup.ts";

/** What a backup is besides its date: `full`, or `differential, level 2`. */
const levelWords = ({ request, parent }: Job): string => (parent ? `differential, level ${request.diffLevel}` : "full");

/** The boot menu of what a backup of this machine makes. */
export function menuOf(host: Pick<Host, "tryReadText">, job: Job): BootMenu {
  const { request, source, set, created } = job;
  const serial = serialConsoles(host.tryReadText("/proc/cmdline") ?? "");
  const language = languageOfMachine(host);
  const words = [...(language === "en" ? [] : [`lang=${language}`]), ...(request.bootWords ?? [])];
  return {
    ...(words.length === 0 ? {} : { extraWords: words }),
    title: `${source.host.name}, ${levelWords(job)}, ${dateText(created)} - mondo ${version}`,
    set,
    restoreByDefault: request.restoreByDefault,
    ...(serial.length === 0 ? {} : { serial }),
  };
}
