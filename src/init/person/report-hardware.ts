import { msg } from "../../base/message.ts";
import { readKernelLog } from "../../host/kernel-log.ts";
import { describeMissingFirmware, missingFirmware } from "../../modules/missing-firmware.ts";
import { moduleWishesOf } from "../module-wishes.ts";
import type { Rescue } from "../rescue.ts";

/** Devices without a driver, with the reasons, one line each. */
async function driverlessLines({ modules }: Rescue): Promise<string[]> {
  return (await modules.driverless()).map((driverless) => {
    const reasons = driverless.modules.map((module) => {
      const outcome = modules.outcomes.get(module);
      return `${module}: ${outcome && "because" in outcome ? outcome.because : msg`it did not take the device`}`;
    });
    const why = reasons.length > 0 ? reasons.join("; ") : msg`no module in this image claims it`;
    return msg`No driver for ${driverless.device} (${driverless.modalias}): ${why}`;
  });
}

/** Modules that were to be loaded first (`mondo.forcemods=`, `--force-modules`), and could not be. */
function forcedLines({ modules, options, identity }: Rescue): string[] {
  const { force } = moduleWishesOf(options, identity);
  return force.flatMap((module) => {
    const outcome = modules.outcomes.get(module);
    const asked = options.forceModules.includes(module) ? "mondo.forcemods=" : "--force-modules ";
    return outcome && "because" in outcome ? [`${asked}${module}: ${outcome.because}`] : [];
  });
}

/** Lines that were shown before. */
const told = new Set<string>();

/** Reports missing drivers and firmware, each once, before the first question: its answer may depend on them. */
export async function reportHardware(rescue: Rescue): Promise<void> {
  const firmware = missingFirmware(readKernelLog()).map(describeMissingFirmware);
  const lines = [...(await driverlessLines(rescue)), ...forcedLines(rescue), ...firmware];
  for (const line of lines.filter((one) => !told.has(one))) rescue.reporter.warn(line);
  for (const line of lines) told.add(line);
}
