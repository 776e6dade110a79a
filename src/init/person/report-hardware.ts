import { readKernelLog } from "../../host/kernel-log.ts";
import { describeMissingFirmware, missingFirmware } from "../../modules/missing-firmware.ts";
import type { Rescue } from "../rescue.ts";

/** Devices that nothing drives, with the reasons, one line each. */
async function driverlessLines({ modules }: Rescue): Promise<string[]> {
  return (await modules.driverless()).map((driverless) => {
    const reasons = driverless.modules.map((module) => {
      const outcome = modules.outcomes.get(module);
      return `${module}: ${outcome && "because" in outcome ? outcome.because : "it did not take the device"}`;
    });
    const why = reasons.length > 0 ? reasons.join("; ") : "no module of this image names it";
    return `No driver for ${driverless.device} (${driverless.modalias}): ${why}`;
  });
}

/** Modules that were asked for by name and can't be had. */
function forcedLines({ modules, options }: Rescue): string[] {
  return options.forceModules.flatMap((module) => {
    const outcome = modules.outcomes.get(module);
    return outcome && "because" in outcome ? [`mondo.forcemods= names ${module}: ${outcome.because}`] : [];
  });
}

/** Lines that were shown. */
const told = new Set<string>();

/** What the hardware lacks here, before the first question: whoever answers it may have to know. Each line once. */
export async function reportHardware(rescue: Rescue): Promise<void> {
  const firmware = missingFirmware(readKernelLog()).map(describeMissingFirmware);
  const lines = [...(await driverlessLines(rescue)), ...forcedLines(rescue), ...firmware];
  for (const line of lines.filter((one) => !told.has(one))) rescue.reporter.warn(line);
  for (const line of lines) told.add(line);
}
