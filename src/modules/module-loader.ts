import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type ModuleLine, moduleNameOf } from "../formats/boot/module-lists.ts";
import type { ModprobeConfig } from "./modprobe-config.ts";

/** What the loader knows: the image's own lists. */
export interface ModuleLists {
  /** By name; paths below /lib/modules/VERSION. */
  readonly modules: ReadonlyMap<string, ModuleLine>;
  readonly builtin: ReadonlySet<string>;
  readonly config: ModprobeConfig;
  /** Never, not even as a dependency: why, as a phrase, by name. */
  readonly denied: ReadonlyMap<string, string>;
  /** Modules behind an alias (`fs-xfs`, `crypto-crc32c`). */
  resolve(alias: string): readonly string[];
}

/** What the loader needs of the kernel. */
export interface ModuleKernel {
  isLoaded(name: string): boolean;
  /** Puts the module's file into the kernel; 0 or the error number. Throws when the file can't be read. */
  insert(path: string, parameters: string): Promise<number>;
}

/** The result of loading a module. `because` is a phrase. */
export type LoadOutcome =
  | { readonly module: string; readonly result: "loaded" | "present" }
  | { readonly module: string; readonly result: "denied" | "missing" | "failed"; readonly because: string };

export interface ModuleLoader {
  /** Loads a module with everything that it depends on. Never throws; asks the kernel once for each. */
  load(name: string, asked?: "by-name" | "by-device"): Promise<LoadOutcome>;
}

const EEXIST = 17;
/** What the kernel's refusals of a module mean. Source: finit_module(2), modprobe. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: msg`a symbol that it needs is unknown`,
  8: msg`it was built for another kernel`,
  12: msg`there is not enough memory`,
  16: msg`it is still being initialised`,
  19: msg`it found no device that it could drive`,
  22: msg`a parameter is invalid`,
  38: msg`it was built for another kernel`,
  126: msg`its signature is not trusted`,
  129: msg`its signature is not trusted`,
};

/** A loader over the image's module lists. Calls must not overlap. */
export function moduleLoader(lists: ModuleLists, kernel: ModuleKernel): ModuleLoader {
  const outcomes = new Map<string, LoadOutcome>();
  const { config } = lists;

  async function insert(name: string, line: ModuleLine): Promise<LoadOutcome> {
    try {
      const failure = await kernel.insert(line.path, (config.options.get(name) ?? []).join(" "));
      if (failure === 0 || failure === EEXIST) return { module: name, result: "loaded" };
      return {
        module: name,
        result: "failed",
        because: REFUSALS[failure] ?? msg`the kernel answered with error ${failure}`,
      };
    } catch (error) {
      const missing = error instanceof MondoError && error.code === "not-found";
      return { module: name, result: missing ? "missing" : "failed", because: messageOf(error) };
    }
  }

  /** Tries the modules behind an alias until one is loaded. */
  async function behindAlias(name: string): Promise<LoadOutcome> {
    let outcome: LoadOutcome = { module: name, result: "missing", because: msg`it is not in this rescue image` };
    for (const module of lists.resolve(name)) {
      const next = await once(module, false);
      if ("because" in outcome)
        outcome = "because" in next ? { ...next, module: name } : { module: name, result: "loaded" };
    }
    return outcome;
  }

  async function withDependencies(name: string, line: ModuleLine): Promise<LoadOutcome> {
    for (const soft of config.softBefore.get(name) ?? []) await once(soft, false);
    // modules.dep lists the nearest first; what is needed by the others comes last.
    for (const path of [...line.needs].reverse()) {
      const needed = await once(moduleNameOf(path), true);
      if (!("because" in needed)) continue;
      return { module: name, result: "failed", because: msg`it needs ${needed.module}: ${needed.because}` };
    }
    const outcome = await insert(name, line);
    for (const soft of config.softAfter.get(name) ?? []) await once(soft, false);
    return outcome;
  }

  async function once(name: string, dependency: boolean): Promise<LoadOutcome> {
    const known = outcomes.get(name);
    if (known) return known;
    // Set first: soft dependencies may be circular.
    outcomes.set(name, { module: name, result: "present" });
    const outcome = await decide(name, dependency);
    outcomes.set(name, outcome);
    return outcome;
  }

  async function decide(name: string, dependency: boolean): Promise<LoadOutcome> {
    if (lists.builtin.has(name) || kernel.isLoaded(name)) return { module: name, result: "present" };
    const forbidden = lists.denied.get(name);
    if (forbidden !== undefined) return { module: name, result: "denied", because: forbidden };
    if (config.refused.has(name)) return { module: name, result: "denied", because: msg`modprobe.d forbids it` };
    const line = lists.modules.get(name);
    if (!line) return behindAlias(name);
    // Dependencies are inserted as modprobe does it: each has its own soft dependencies, but its needs are in our list.
    return dependency ? withDependencies(name, { path: line.path, needs: [] }) : withDependencies(name, line);
  }

  return {
    async load(rawName, asked = "by-name") {
      const name = rawName.replaceAll("-", "_");
      if (asked === "by-device" && config.blacklist.has(name)) {
        return { module: name, result: "denied", because: msg`it is on a blacklist` };
      }
      // A person may ask again after plugging something in or freeing memory.
      if (asked === "by-name" && outcomes.get(name)?.result === "failed") outcomes.delete(name);
      return once(name, false);
    },
  };
}
