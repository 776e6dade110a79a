import list from "../../initrd/modules.list" with { type: "text" };
import { encodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import {
  encodeModulesDep,
  filterModuleLines,
  type ModuleLine,
  moduleNameOf,
  parseBuiltin,
  parseModulesDep,
  parseSoftDependencies,
} from "../formats/boot/module-lists.ts";
import type { Host } from "../host/host.ts";
import type { OwnModules } from "./additions.ts";
import type { Tree } from "./tree.ts";

/** What a kernel comes with. */
export interface ModuleIndex {
  readonly version: string;
  /** Directory of modules.dep on the live system. */
  readonly directory: string;
  readonly modules: ReadonlyMap<string, ModuleLine>;
  readonly soft: ReadonlyMap<string, readonly string[]>;
  readonly builtin: ReadonlySet<string>;
}

/** Reads the index of /lib/modules/VERSION. `no-kernel` when depmod never ran there. */
export function readModuleIndex(host: Host, directory: string, version: string): ModuleIndex {
  const dep = host.tryReadText(`${directory}/modules.dep`);
  if (dep === undefined) {
    throw new MondoError("no-kernel", msg`${directory} has no modules.dep, so the kernel's modules can't be resolved`, {
      hint: msg`Run depmod -a ${version}.`,
      data: { directory },
    });
  }
  return {
    version,
    directory,
    modules: parseModulesDep(dep),
    soft: parseSoftDependencies(host.tryReadText(`${directory}/modules.softdep`) ?? ""),
    builtin: parseBuiltin(host.tryReadText(`${directory}/modules.builtin`) ?? ""),
  };
}

interface Pattern {
  readonly take: boolean;
  matches(name: string, path: string): boolean;
}

function patternsOf(text: string): Pattern[] {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const what = line.replace(/^-/, "");
      const name = what.replace(/-/g, "_");
      const matches = what.endsWith("/")
        ? (_: string, path: string) => path.startsWith(`kernel/${what}`)
        : (module: string) => module === name;
      return { take: !line.startsWith("-"), matches };
    });
}

/**
 * Names of the modules for an image: those of modules.list and the needed ones, with all dependencies and soft
 * dependencies. Sorted by path. Throws for a needed module that the kernel has neither as a file nor built in.
 */
export function selectModules(index: ModuleIndex, needed: readonly string[], listText: string = list): ModuleLine[] {
  const patterns = patternsOf(listText);
  const wanted = [...index.modules].filter(
    ([name, { path }]) =>
      patterns.some((p) => p.take && p.matches(name, path)) && !patterns.some((p) => !p.take && p.matches(name, path)),
  );
  const pending = wanted.map(([name]) => name);
  for (const raw of needed) {
    const name = raw.replace(/-/g, "_");
    if (index.modules.has(name)) pending.push(name);
    else if (!index.builtin.has(name)) {
      throw new MondoError(
        "kernel-option",
        msg`the kernel ${index.version} has no module ${raw}, which the rescue needs`,
        {
          hint: msg`Choose another kernel with -k FILE, or -k FAILSAFE.`,
          data: { module: raw, kernel: index.version },
        },
      );
    }
  }
  const chosen = new Map<string, ModuleLine>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const line = index.modules.get(name);
    if (!line || chosen.has(name)) continue;
    chosen.set(name, line);
    pending.push(...line.needs.map(moduleNameOf), ...(index.soft.get(name) ?? []));
  }
  return [...chosen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Looks whether modules can be forced and denied as they shall be. Throws `usage` for one that the kernel has not, or
 * can't do without; what is denied and unknown is told.
 */
export function requireOwnModules(index: ModuleIndex, { force, deny }: OwnModules, reporter: Reporter): void {
  const isKnown = (name: string) => index.modules.has(name) || index.builtin.has(name);
  const missing = force.find((name) => !isKnown(name));
  if (missing !== undefined) {
    throw new MondoError("usage", msg`--force-modules ${missing}: the kernel ${index.version} has no such module`, {
      hint: msg`Leave it out, or choose another kernel with -k FILE.`,
    });
  }
  const builtIn = deny.find((name) => index.builtin.has(name));
  if (builtIn !== undefined) {
    throw new MondoError("usage", msg`--deny-modules ${builtIn}: it is a part of the kernel ${index.version} itself`, {
      hint: msg`Leave it out: it can't be kept from working.`,
    });
  }
  for (const name of deny.filter((one) => !isKnown(one)))
    reporter.warn(msg`--deny-modules ${name}: the kernel ${index.version} has no such module`);
}

const PACKED = /\.(gz|xz|zst)$/;

/**
 * Puts modules and their index into the tree, without their own compression: the image is compressed as a whole, which
 * makes it smaller and saves /init the work.
 */
export function addModules(host: Host, index: ModuleIndex, lines: readonly ModuleLine[], tree: Tree): void {
  const home = `lib/modules/${index.version}`;
  for (const { path } of lines) {
    const packed = PACKED.exec(path)?.[1] as "gz" | "xz" | "zst" | undefined;
    const node = { kind: "file", source: `${index.directory}/${path}`, mode: 0o644 } as const;
    if (!host.exists(node.source)) {
      throw new MondoError("not-found", msg`modules.dep names ${node.source}, which does not exist`, {
        hint: msg`Run depmod -a ${index.version}, or reinstall the kernel package.`,
      });
    }
    tree.add(`${home}/${path.replace(PACKED, "")}`, packed ? { ...node, packed } : node);
  }
  const names = new Set(lines.map(({ path }) => moduleNameOf(path)));
  const keep = (name: string) => names.has(name);
  const text = (file: string) => host.tryReadText(`${index.directory}/${file}`) ?? "";
  const files: Readonly<Record<string, string>> = {
    "modules.dep": encodeModulesDep(lines, (path) => path.replace(PACKED, "")),
    "modules.alias": filterModuleLines(text("modules.alias"), keep),
    "modules.softdep": filterModuleLines(text("modules.softdep"), keep),
    "modules.builtin": text("modules.builtin"),
    "modules.builtin.modinfo": text("modules.builtin.modinfo"),
    "modules.order": `${text("modules.order")
      .split("\n")
      .filter((line) => keep(moduleNameOf(line)))
      .join("\n")}\n`,
  };
  for (const [file, content] of Object.entries(files)) {
    tree.add(`${home}/${file}`, { kind: "bytes", bytes: encodeText(content), mode: 0o644 });
  }
}
