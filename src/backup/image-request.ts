import { TRUSTED_KEYS } from "../archive/set/signature.ts";
import { encodeText } from "../base/bytes.ts";
import { version } from "../base/program-version.ts";
import type { Needs } from "../drivers/contracts.ts";
import { filesystemDrivers } from "../drivers/fs/filesystem-drivers.ts";
import { swapDriver } from "../drivers/fs/swap.ts";
import { loaderDrivers } from "../drivers/loader/loader-drivers.ts";
import { partitioningNeeds } from "../drivers/partitioning.ts";
import { volumeDrivers } from "../drivers/volume/volume-drivers.ts";
import type { OwnModules } from "../image/additions.ts";
import type { ImageRequest } from "../image/build-image.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { type ArchivedCopy, type ArchivedNetwork, networkNeeds } from "../shares/archived-network.ts";

/** The same needs, none of them required. */
const optional = (needs: Needs): Needs => ({
  ...needs,
  tools: [],
  optionalTools: [...needs.tools, ...(needs.optionalTools ?? [])],
});

/**
 * What the image must hold to rebuild this layout; what other layouts would need comes along when the machine has it.
 */
export function needsOf(layout: Layout): readonly Needs[] {
  const used = new Set<string>([
    ...nodesOf(layout, "filesystem").map((fs) => fs.type),
    ...nodesOf(layout, "loader").map((loader) => loader.type),
  ]);
  const swap = nodesOf(layout, "swap").length > 0 ? swapDriver.needs : optional(swapDriver.needs);
  return [
    ...filesystemDrivers.map((driver) =>
      // A kernel without a file system that nobody uses lacks nothing; those that it has come along anyway.
      driver.types.some((type) => used.has(type)) ? driver.needs : { ...optional(driver.needs), modules: [] },
    ),
    ...loaderDrivers.map((driver) => (used.has(driver.type) ? driver.needs : optional(driver.needs))),
    ...volumeDrivers.map((driver) => {
      const made = layout.nodes.filter((node) => node.kind === driver.kind);
      // Kernels without RAID or device mapper exist: they lack nothing where nothing is made of them.
      if (made.length === 0) return { ...optional(driver.needs), modules: [] };
      const modules = made.flatMap((node) => driver.modulesFor?.(node) ?? []);
      return { ...driver.needs, modules: [...new Set([...driver.needs.modules, ...modules])] };
    }),
    swap,
    nodesOf(layout, "table").length > 0 ? partitioningNeeds : optional(partitioningNeeds),
  ];
}

/** What the rescue knows about the set that it was made for, as `/etc/mondo/boot.json`. */
export interface BootSeed {
  readonly set: string;
  readonly host: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly version: string;
  readonly network?: ArchivedNetwork;
  readonly copies?: readonly ArchivedCopy[];
  /** Kernel modules that it loads first, or never. */
  readonly modules?: OwnModules;
}

/** The image of a backup: tools for the layout, and the seed of its set. */
export function imageRequestOf(
  layout: Layout,
  seed: Omit<BootSeed, "version" | "modules">,
  options: Pick<ImageRequest, "kernel" | "additions" | "outputDirectory" | "cacheDirectory" | "executable">,
  trustedKey?: string,
): ImageRequest {
  const { force, deny } = options.additions?.modules ?? { force: [], deny: [] };
  const modules = force.length + deny.length === 0 ? {} : { modules: { force, deny } };
  const boot: BootSeed = { ...seed, version, ...modules };
  return {
    ...options,
    root: "/",
    needs: [...needsOf(layout), ...networkNeeds([seed.network ?? [], seed.copies ?? []].flat())],
    files: new Map([
      ["etc/mondo/boot.json", encodeText(`${JSON.stringify(boot)}\n`)],
      ...(trustedKey === undefined ? [] : ([[TRUSTED_KEYS.slice(1), encodeText(`${trustedKey}\n`)]] as const)),
    ]),
  };
}
