import type { LoaderDriver } from "../contracts.ts";

/** No loader on the disks: a hypervisor or the network hands the kernel over. Nothing to do, nothing to check. */
export const noLoaderDriver: LoaderDriver = {
  type: "none",
  needs: { tools: [], modules: [] },
  detailFields: {},
  detect: () => undefined,
  plan: () => [],
  warnings: () => ["The set's system had no boot loader on its disks: whatever started it must start it again"],
  verify: async () => [],
};
