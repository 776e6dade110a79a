import type { Needs } from "./contracts.ts";

/** What writes partition tables. */
export const partitioningNeeds: Needs = {
  tools: ["sfdisk"],
  optionalTools: ["fdisk", "blockdev", "wipefs"],
  modules: ["sd_mod"],
};
