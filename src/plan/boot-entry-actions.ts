import { msg } from "../base/message.ts";
import type { AssumedEntry, LoaderContext } from "../drivers/contracts.ts";
import { loaderDriver } from "../drivers/loader/loader-drivers.ts";
import type { Action, Effect, EfiChoice } from "../effects/effect.ts";
import { tableSeenOn } from "../layout/graph.ts";
import { ownEntries } from "../layout/own-entries.ts";
import type { Disk, EfiEntry, Layout, Partition } from "../layout/types.ts";
import { nodeById, nodesOf } from "../layout/types.ts";
import type { Devices } from "./storage-actions.ts";

/** What entries in the firmware's boot menu depend on. */
export interface BootEntryContext {
  /** As it was, and as it will be: what an entry names may be another partition UUID then. */
  readonly saved: Layout;
  readonly layout: Layout;
  readonly devices: Devices;
  readonly loaders: readonly LoaderContext[];
  /** Firmware that the rescue was started by. */
  readonly firmware: "bios" | "uefi";
}

/** An entry to be made. */
interface Wanted {
  readonly partition: Partition;
  readonly choice: EfiChoice & { readonly partitionUuid: string };
  readonly attributes: number;
  readonly number?: string;
}

const ACTIVE = 1;

/** The first disk on which firmware finds a partition: its own, or a leg of the mirror that the partition is on. */
function diskWith(layout: Layout, { table }: Partition): Disk | undefined {
  return nodesOf(layout, "disk").find((disk) => tableSeenOn(layout, disk.id)?.id === table);
}

/** What an entry starts. Sets of early versions don't say whether there was data: then any will do. */
function choiceOf({ label, file, attributes, data }: EfiEntry, { uuid }: Pick<Partition, "uuid">) {
  const handed = attributes === undefined ? data : (data ?? "");
  return {
    label,
    partitionUuid: uuid,
    ...(file === undefined ? {} : { file }),
    ...(handed === undefined ? {} : { data: handed }),
  };
}

/** The entries that led to the set's partitions, in the source's order. */
function savedEntries({ saved, layout }: BootEntryContext): Wanted[] {
  return ownEntries(saved).flatMap(({ entry, partition }): Wanted[] => {
    const now = nodeById(layout, partition.id);
    const attributes = entry.attributes ?? (entry.active ? ACTIVE : 0);
    return now?.kind === "partition"
      ? [{ partition: now, choice: choiceOf(entry, now), attributes, number: entry.number }]
      : [];
  });
}

/** For a source that was started by the fall-back path: an entry for the loader itself on each of its ESPs. */
function assumedEntries({ loaders }: BootEntryContext): Wanted[] {
  const [first = []] = loaders
    .map((context) => loaderDriver(context.loader.type)?.assumedEntries?.(context) ?? [])
    .filter((entries) => entries.length > 0);
  return first.map(({ label, file, partition }: AssumedEntry) => {
    return { partition, choice: { label, file, partitionUuid: partition.uuid }, attributes: ACTIVE };
  });
}

function entryEffect({ layout, devices }: BootEntryContext, wanted: Wanted): Effect[] {
  const { partition, choice, attributes, number } = wanted;
  const disk = diskWith(layout, partition);
  const device = disk && devices[disk.id];
  if (device === undefined) return [];
  const { startBytes, sizeBytes } = partition;
  const place = { disk: device, partition: partition.number, startBytes, sizeBytes };
  return [{ do: "efiEntry", ...place, ...choice, attributes, ...(number === undefined ? {} : { number }) }];
}

/** The source's order, as what each entry starts. One without an order tries none: then the active ones are tried. */
function orderOf({ saved }: BootEntryContext, wanted: readonly Wanted[]): EfiChoice[] {
  const firmware = nodesOf(saved, "firmware")[0];
  const order = firmware?.bootOrder ?? [];
  if (order.length === 0 || wanted.every(({ number }) => number === undefined)) {
    return wanted.filter(({ attributes }) => (attributes & ACTIVE) !== 0).map(({ choice }) => choice);
  }
  return order.flatMap((number): EfiChoice[] => {
    const own = wanted.find((one) => one.number === number);
    if (own) return [own.choice];
    const { label, partitionUuid, file } = firmware?.entries.find((one) => one.number === number) ?? {};
    if (label === undefined) return [];
    // Another system's entry is known by what it starts; one of the firmware's own has nothing but its label.
    return [partitionUuid === undefined || file === undefined ? { label } : { label, partitionUuid, file }];
  });
}

/**
 * Makes the firmware's entries again that lead to the set's partitions, whatever they start, inactive where they were;
 * for a set without any, one for each loader. The entries of others keep their place.
 */
export function bootEntryActions(context: BootEntryContext): Action[] {
  if (context.firmware !== "uefi" || nodesOf(context.saved, "firmware")[0]?.mode !== "uefi") return [];
  const known = savedEntries(context);
  const wanted = known.length > 0 ? known : assumedEntries(context);
  const entries = wanted.flatMap((one) => entryEffect(context, one));
  if (entries.length === 0) return [];
  const order = orderOf(context, wanted);
  const effects: Effect[] = [...entries, ...(order.length > 0 ? [{ do: "efiOrder", order } as const] : [])];
  const say = msg`Enter the loader in the firmware's boot menu`;
  return [{ id: "firmware:boot-entries", node: "firmware", say, destroys: [], effects }];
}
