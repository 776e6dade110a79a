import { msg } from "../../base/message.ts";
import { unifiedCommandLine } from "../../formats/boot/unified-kernel.ts";
import type { Host } from "../../host/host.ts";
import { ownEntries } from "../../layout/own-entries.ts";
import type { EfiEntry, Partition } from "../../layout/types.ts";
import type { LoaderContext } from "../contracts.ts";
import { commandLineDefects } from "./check-entries.ts";
import { entryPath, writtenPath } from "./esps.ts";

/** What boot entries are looked at with. */
export type BootEntryPlace = Pick<LoaderContext, "layout" | "targets" | "names" | "root">;

/** Data of an entry as the command line of a kernel with an EFI stub, which takes UTF-16. */
const asText = (data: string) => Buffer.from(data, "base64").toString("utf16le").replaceAll("\0", "");

/** Command lines that an entry leads to: its own data, and what stands in a unified kernel image. */
function commandLines(host: Host, { root }: BootEntryPlace, { label, data }: EfiEntry, path: string | undefined) {
  const file = path === undefined ? undefined : writtenPath(host, root, path);
  const inside = file && unifiedCommandLine((offset, length) => host.readAt(`${root}${file}`, offset, length));
  return [
    { where: msg`the boot entry "${label}"`, text: data === undefined ? "" : asText(data) },
    { where: path ?? "", text: inside ?? "" },
  ];
}

/** A file that was there on the source and isn't any more. */
function missingFile(host: Host, place: BootEntryPlace, entry: EfiEntry, partition: Partition): string[] {
  const path = entryPath(place.layout, entry, partition);
  if (entry.fileMissing || path === undefined || writtenPath(host, place.root, path) !== undefined) return [];
  return [msg`the boot entry "${entry.label}" names ${entry.file}, which isn't on the restored ESP`];
}

/**
 * What firmware will not start: files of boot entries that weren't restored, and what the first active entry's command
 * line names in vain. Old entries often name what is long gone.
 */
export function bootEntryDefects(host: Host, place: BootEntryPlace): string[] {
  const own = ownEntries(place.layout);
  const first = own.find(({ entry }) => entry.active && !entry.fileMissing);
  const lines = first
    ? commandLines(host, place, first.entry, entryPath(place.layout, first.entry, first.partition))
    : [];
  return [
    ...own.flatMap(({ entry, partition }) => missingFile(host, place, entry, partition)),
    ...lines.flatMap(({ where, text }) => commandLineDefects(place, where, text)),
  ];
}
