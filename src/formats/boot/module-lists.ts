/** Readers for the text files that depmod writes beside the modules. Source: modules.dep(5), depmod(8). */

/** `kernel/fs/ext4/ext4.ko.xz` → `ext4`; `-` and `_` are the same in module names. */
export function moduleNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.ko(\.(xz|zst|gz))?$/, "").replace(/-/g, "_");
}

/** One line of modules.dep: a module's path and the paths that it needs, both below /lib/modules/VERSION. */
export interface ModuleLine {
  readonly path: string;
  readonly needs: readonly string[];
}

/** modules.dep by module name. */
export function parseModulesDep(text: string): Map<string, ModuleLine> {
  const modules = new Map<string, ModuleLine>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0 || line.startsWith("#")) continue;
    const path = line.slice(0, colon).trim();
    const needs = line.slice(colon + 1).split(/\s+/);
    modules.set(moduleNameOf(path), { path, needs: needs.filter((need) => need !== "") });
  }
  return modules;
}

/** modules.softdep: module name → names that should be loaded with it (before or after). */
export function parseSoftDependencies(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [word, name, ...rest] = line.trim().split(/\s+/);
    if (word !== "softdep" || name === undefined) continue;
    const key = name.replace(/-/g, "_");
    const others = rest.filter((other) => !other.endsWith(":")).map((other) => other.replace(/-/g, "_"));
    found.set(key, [...(found.get(key) ?? []), ...others]);
  }
  return found;
}

/** modules.builtin: names of what is in the kernel itself. */
export function parseBuiltin(text: string): Set<string> {
  return new Set(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map(moduleNameOf),
  );
}

/** modules.alias or modules.softdep without the lines of modules that `keep` refuses. */
export function filterModuleLines(text: string, keep: (name: string) => boolean): string {
  const isKept = (line: string): boolean => {
    const words = line.split(/\s+/);
    if (words[0] === "alias") return keep((words[words.length - 1] ?? "").replace(/-/g, "_"));
    if (words[0] === "softdep") return keep((words[1] ?? "").replace(/-/g, "_"));
    return line.startsWith("#");
  };
  return `${text.split("\n").filter(isKept).join("\n")}\n`;
}

/** modules.dep of a selection, every path passed through `rename` (`.ko.xz` → `.ko`). */
export function encodeModulesDep(lines: readonly ModuleLine[], rename: (path: string) => string): string {
  return lines.map(({ path, needs }) => `${[`${rename(path)}:`, ...needs.map(rename)].join(" ")}\n`).join("");
}
