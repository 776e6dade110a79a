import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { type ModuleWishes, readModuleLists, runningKernel } from "./module-files.ts";
import { type LoadOutcome, moduleLoader } from "./module-loader.ts";

/** The path that the kernel starts to load a module itself (a file system's character set, a cipher, `fs-xfs`). */
export const MODPROBE_PATH = "/run/mondo/modprobe";

const nameOf = (text: string): string => text.replaceAll("-", "_");

/**
 * `modprobe [-q] [--] NAME [PARAMETER…]`, for the kernel and for a person; NAME may be an alias. Obeys what the boot
 * words say about modules. Returns the exit status.
 */
export async function runModprobe(
  host: Host,
  words: readonly string[],
  wishes: ModuleWishes,
  complain: (text: string) => void,
): Promise<number> {
  const [name, ...parameters] = words.filter((word) => !word.startsWith("-"));
  if (name === undefined) {
    complain(msg`usage: modprobe NAME [PARAMETER=VALUE]…`);
    return 2;
  }
  const given = new Map(wishes.parameters);
  given.set(nameOf(name), [...(given.get(nameOf(name)) ?? []), ...parameters]);
  const lists = readModuleLists(host, { ...wishes, parameters: given });
  const outcome: LoadOutcome = await moduleLoader(lists, runningKernel(host)).load(name);
  if (!("because" in outcome)) return 0;
  if (!words.includes("-q")) complain(msg`modprobe: ${outcome.module}: ${outcome.because}`);
  return 1;
}
