import { msg } from "../base/message.ts";

/** A file that a driver asked for and did not get. */
export interface MissingFirmware {
  /** Driver and device: `bnx2 0000:02:00.0`. */
  readonly device: string;
  readonly files: readonly string[];
}

/** Drivers try several versions of a file: a few are enough to show. */
const MOST_FILES = 4;

/**
 * Pure: firmware that drivers missed according to the kernel's log, by device. Source:
 * drivers/base/firmware_loader/main.c.
 */
export function missingFirmware(kernelLog: string): MissingFirmware[] {
  const found = new Map<string, Set<string>>();
  const line = /(?:^|\] )([^\s\]]+ [^\s:]+(?::[^\s:]+)*): Direct firmware load for (\S+) failed with error -2$/gm;
  for (const [, device = "", file = ""] of kernelLog.matchAll(line)) {
    found.set(device, (found.get(device) ?? new Set()).add(file));
  }
  return [...found].map(([device, files]) => ({ device, files: [...files] }));
}

/** One line for people. */
export function describeMissingFirmware({ device, files }: MissingFirmware): string {
  const more = files.length > MOST_FILES ? msg` and ${files.length - MOST_FILES} more` : "";
  return msg`${device} asked for firmware that is not in this image: ${files.slice(0, MOST_FILES).join(", ")}${more}`;
}
