import { linuxHost } from "../host/linux.ts";
import { parseBootOptions } from "../init/words/cmdline.ts";
import { readModuleLists, runningKernel } from "./module-files.ts";
import { type LoadOutcome, moduleLoader } from "./module-loader.ts";

/** Where the kernel finds us when it wants a module itself (a file system's character set, a cipher, `fs-xfs`). */
export const MODPROBE_PATH = "/run/mondo/modprobe";

/**
 * `modprobe [-q] [--] NAME [PARAMETER…]`, as the kernel calls it and a person types it: the name may be an alias. Returns the exit
 * status.
 */
export async function runModprobe(words: readonly string[], complain: (text: string) => void): Promise<number> {
  const [name, ...parameters] = words.filter((word) => !word.startsWith("-"));
  if (name === undefined) {
    complain("usage: modprobe NAME [PARAMETER=VALUE]…");
    return 2;
  }
  const host = linuxHost();
  const options = parseBootOptions(host.tryReadText("/proc/cmdline") ?? "");
  const given = new Map(options.moduleParameters);
  given.set(name.replaceAll("-", "_"), [...(given.get(name.replaceAll("-", "_")) ?? []), ...parameters]);
  const lists = readModuleLists(host, { force: [], deny: options.denyModules, parameters: given });
  const outcome: LoadOutcome = await moduleLoader(lists, runningKernel(host)).load(name);
  if (!("because" in outcome)) return 0;
  if (!words.includes("-q")) complain(`modprobe: ${outcome.module}: ${outcome.because}`);
  return 1;
}
