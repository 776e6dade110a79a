import { stored } from "../base/message.ts";
import type { LoaderFacts } from "../drivers/contracts.ts";
import { entryPath } from "../drivers/loader/esps.ts";
import { loaderDrivers } from "../drivers/loader/loader-drivers.ts";
import { ownEntries } from "../layout/own-entries.ts";
import type { Layout, LayoutNode } from "../layout/types.ts";

const UNKNOWN_CODE = stored`the disks' first sectors hold boot code of a loader that this version doesn't know: a restore writes it back byte for byte, but if it finds its files by block numbers, the loader must be installed again then`;
const NO_LOADER = stored`no boot loader was found on the disks: whatever starts this machine now must start the restored one`;

const note = (text: string): LayoutNode => ({ kind: "note", id: "note:loader", text });

/** What firmware starts from a partition that isn't mounted, so that nothing of it is saved. */
function unmounted(layout: Layout): string | undefined {
  const entry = ownEntries(layout).find(
    ({ entry, partition }) =>
      entry.active && entry.file !== undefined && entryPath(layout, entry, partition) === undefined,
  );
  if (!entry) return undefined;
  const { label } = entry.entry;
  return stored`the boot entry "${label}" starts ${entry.entry.file} from ${entry.partition.path}, which isn't mounted as FAT: it isn't saved, and a restored system won't start by it (mount it, and make the backup again)`;
}

/** The loaders of the set's machine, and what is to be said when none of them is known by name. */
export function detectLoaders(facts: LoaderFacts, disks: number): LayoutNode[] {
  const found = (lastResort: boolean) =>
    loaderDrivers
      .filter((driver) => (driver.lastResort ?? false) === lastResort)
      .flatMap((driver) => driver.detect(facts) ?? []);
  const named = found(false);
  const loaders = named.length > 0 ? named : found(true);
  if (loaders.some(({ type }) => type === "boot-code")) return [...loaders, note(UNKNOWN_CODE)];
  if (loaders.length > 0 || disks === 0) return loaders;
  const none: LayoutNode = { kind: "loader", id: "loader:none", type: "none", on: [], details: {} };
  return [none, note(unmounted(facts.layout) ?? NO_LOADER)];
}
