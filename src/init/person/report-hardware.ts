import { msg } from "../../base/message.ts";
import { readKernelLog } from "../../host/kernel-log.ts";
import { describeMissingFirmware, missingFirmware } from "../../modules/missing-firmware.ts";
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

/** Modules of `mondo.forcemods=` that could not be loaded. */
function forcedLines({ modules, options }: Rescue): string[] {
  return options.forceModules.flatMap((module) => {
    const outcome = modules.outcomes.get(module);
    return outcome && "because" in outcome ? [`mondo.forcemods=${module}: ${outcome.because}`] : [];
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
