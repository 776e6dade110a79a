import type { Layout } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import { filesystemDrivers } from "./fs/list.ts";
import { swapDriver } from "./fs/swap.ts";
import { loaderDrivers } from "./loader/list.ts";
import type { Needs } from "./types.ts";

const partitionNeeds: Needs = {
  tools: ["sfdisk"],
  optionalTools: ["blockdev", "wipefs", "partx", "fdisk", "lsblk", "blkid"],
  modules: ["sd_mod"],
};

/** What the rescue must hold to rebuild this layout; tools of file systems that it hasn't are taken when they are there. */
export function storageNeeds(layout: Layout): Needs[] {
  const types = new Set(nodesOf(layout, "filesystem").map((fs) => fs.type));
  const loaders = new Set(nodesOf(layout, "loader").map((loader) => loader.type));
  const soften = (needs: Needs): Needs => ({
    ...needs,
    tools: [],
    optionalTools: [...needs.tools, ...(needs.optionalTools ?? [])],
  });
  const chosen = <T extends { readonly needs: Needs }>(driver: T, wanted: boolean) =>
    wanted ? driver.needs : soften(driver.needs);
  return [
    partitionNeeds,
    chosen(swapDriver, nodesOf(layout, "swap").length > 0),
    ...filesystemDrivers.map((driver) =>
      chosen(
        driver,
        driver.types.some((type) => types.has(type)),
      ),
    ),
    ...loaderDrivers.map((driver) => chosen(driver, loaders.has(driver.type))),
  ];
}
