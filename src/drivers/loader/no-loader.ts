import { msg } from "../../base/message.ts";
import { ownEntries } from "../../layout/own-entries.ts";
import type { LoaderDriver } from "../contracts.ts";

/** No loader on the disks: a hypervisor or the network hands the kernel over. Nothing to do, nothing to check. */
export const noLoaderDriver: LoaderDriver = {
  type: "none",
  needs: { tools: [], modules: [] },
  detailFields: {},
  detect: () => undefined,
  plan: () => [],
  // Sets of early versions have it, too, where firmware started something that they had no name for.
  warnings: ({ layout }) =>
    ownEntries(layout).length > 0
      ? []
      : [msg`The set's system had no boot loader on its disks: whatever started it must start it again`],
  verify: async () => [],
};
