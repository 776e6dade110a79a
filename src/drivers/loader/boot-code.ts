import { msg } from "../../base/message.ts";
import { type Loader, nodesOf } from "../../layout/types.ts";
import type { LoaderDriver, LoaderFacts } from "../contracts.ts";

function detect({ layout, coded }: LoaderFacts): Loader | undefined {
  if (nodesOf(layout, "firmware")[0]?.mode === "uefi" || coded.length === 0) return undefined;
  return { kind: "loader", id: "loader:boot-code", type: "boot-code", on: coded, details: {} };
}

/** Code in first sectors that BIOS starts and no other driver knows. Disks and partitions carry it, byte for byte. */
export const bootCodeDriver: LoaderDriver = {
  type: "boot-code",
  lastResort: true,
  needs: { tools: [], modules: [] },
  detailFields: {},
  detect,
  plan: () => [],
  warnings: ({ firmware }) =>
    firmware === "bios"
      ? []
      : [
          msg`The set's system starts by BIOS, but this machine was started by UEFI: it will only start with the firmware in BIOS (CSM, legacy) mode`,
        ],
  verify: async () => [],
};
