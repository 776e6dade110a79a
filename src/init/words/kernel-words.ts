import { parseBootIf } from "../../network/ip-conf.ts";
import { splitWord } from "./sort-words.ts";

/** What we read from the words of the kernel and of boot loaders. */
export interface KernelWords {
  readonly consoles: readonly string[];
  /** `module.parameter=value` words: they hold for modules too, as with modprobe. Names with `_`. */
  readonly moduleParameters: ReadonlyMap<string, readonly string[]>;
  /** Hardware address of the card that the machine was started over (`BOOTIF=` of PXELINUX and GRUB). */
  readonly bootMac?: string;
}

const MODULE_PARAMETER = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+(?:=.*)?)$/;

function parametersOf(words: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, readonly string[]>();
  for (const word of words.filter((text) => !text.startsWith("mondo."))) {
    const [, name, parameter = ""] = MODULE_PARAMETER.exec(word) ?? [];
    if (name === undefined) continue;
    const module = name.replaceAll("-", "_");
    parameters.set(module, [...(parameters.get(module) ?? []), parameter]);
  }
  return parameters;
}

/** Pure: what we use of the words that are not ours. */
export function kernelWords(words: readonly string[]): KernelWords {
  const valuesNamed = (wanted: string) =>
    words.map(splitWord).flatMap(([name, value]) => (name === wanted ? [value] : []));
  const bootMac = valuesNamed("BOOTIF=")
    .flatMap((value) => parseBootIf(value) ?? [])
    .at(-1);
  const consoles = valuesNamed("console=").map((value) => (value.split(",")[0] ?? "").trim());
  return {
    consoles: consoles.filter((name) => name !== ""),
    moduleParameters: parametersOf(words),
    ...(bootMac === undefined ? {} : { bootMac }),
  };
}
