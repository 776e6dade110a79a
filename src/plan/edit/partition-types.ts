import type { Layout, LayoutNode, Partition, PartitionTable } from "../../layout/types.ts";
import { nodeById } from "../../layout/types.ts";
import { withNodes } from "./rebuild.ts";

/** Type of the GPT partition in which GRUB lies on BIOS machines. */
export const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";

/** What a partition is for. */
export type Purpose = "linux" | "swap" | "efi" | "bios-boot" | "raid" | "lvm" | "luks";

const GPT: Readonly<Record<Purpose, string>> = {
  linux: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
  swap: "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
  efi: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  "bios-boot": BIOS_BOOT,
  raid: "A19D880F-05FC-4D3B-A006-743F0F84911E",
  lvm: "E6D6D379-F507-44C2-A23C-238F2A3DF928",
  luks: "CA7D7CCB-63ED-4C53-861C-1742536059CC",
};
const DOS: Readonly<Record<Purpose, string>> = {
  linux: "83",
  swap: "82",
  efi: "ef",
  "bios-boot": "da",
  raid: "fd",
  lvm: "8e",
  luks: "e8",
};

/** The type of a partition by what it is for, as the table of that scheme writes it. */
export const typeFor = (scheme: PartitionTable["scheme"], purpose: Purpose): string =>
  (scheme === "gpt" ? GPT : DOS)[purpose];

/** Types that say what the firmware or a loader looks for, not what lies there: those stay. */
const KEPT = new Set([GPT.efi, GPT["bios-boot"], DOS.efi, "9E1A2D38-C612-4316-AA26-8B49521E5A8B"]);

/** What a device's type says that it holds, by what lies on it. */
function purposeOf(nodes: readonly LayoutNode[]): Purpose | undefined {
  const kinds = new Set(nodes.map(({ kind }) => kind));
  if (kinds.has("raid")) return "raid";
  if (kinds.has("volume-group") || kinds.has("physical-volume")) return "lvm";
  if (kinds.has("luks")) return "luks";
  if (kinds.has("swap")) return "swap";
  return kinds.has("filesystem") ? "linux" : undefined;
}

/** The layout with a partition whose type says what lies on it now; others are not touched. */
export function retyped(layout: Layout, partition: Partition, above: readonly LayoutNode[]): Layout {
  const table = nodeById(layout, partition.table);
  const purpose = purposeOf(above);
  if (table?.kind !== "table" || purpose === undefined || KEPT.has(partition.type)) return layout;
  const type = typeFor(table.scheme, purpose);
  return type === partition.type ? layout : withNodes(layout, [{ ...partition, type }]);
}
