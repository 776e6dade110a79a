/** What /etc/modprobe.d, modules.softdep and the kernel command line say about modules. Names have `_`, never `-`. */
export interface ModprobeConfig {
  /** Parameters by module, to be joined by blanks. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Never loaded for a device, but by name. */
  readonly blacklist: ReadonlySet<string>;
  /** Never loaded (`install X /bin/false`). */
  readonly refused: ReadonlySet<string>;
  readonly softBefore: ReadonlyMap<string, readonly string[]>;
  readonly softAfter: ReadonlyMap<string, readonly string[]>;
  /** Lines `alias PATTERN MODULE`, for the alias index. */
  readonly aliases: string;
}

interface Draft {
  readonly options: Map<string, string[]>;
  readonly blacklist: Set<string>;
  readonly refused: Set<string>;
  readonly softBefore: Map<string, string[]>;
  readonly softAfter: Map<string, string[]>;
  readonly aliases: string[];
}

const underscored = (name: string) => name.replaceAll("-", "_");
const add = (map: Map<string, string[]>, key: string, values: readonly string[]) =>
  void map.set(key, [...(map.get(key) ?? []), ...values]);

function readSoftDependency(draft: Draft, name: string, words: readonly string[]): void {
  let into: Map<string, string[]> | undefined;
  for (const word of words) {
    if (word === "pre:") into = draft.softBefore;
    else if (word === "post:") into = draft.softAfter;
    else if (into) add(into, name, [underscored(word)]);
  }
}

function readLine(draft: Draft, line: string): void {
  const [command, rawName = "", ...rest] = line.trim().split(/\s+/);
  const name = underscored(rawName);
  if (command === "options") add(draft.options, name, rest);
  else if (command === "blacklist") draft.blacklist.add(name);
  else if (command === "softdep") readSoftDependency(draft, name, rest);
  else if (command === "alias") draft.aliases.push(`alias ${rawName} ${rest.join(" ")}`);
  else if (command === "install" && /^(\/usr)?\/bin\/(true|false)$/.test(rest[0] ?? "")) draft.refused.add(name);
}

/**
 * Pure: reads configuration texts in modprobe.d(5) syntax and the command line's `module.parameter=value` words.
 * Commands of `install` and `remove` lines are not run: their programs may not exist in a rescue system.
 */
export function parseModprobeConfig(
  texts: readonly string[],
  parameters: ReadonlyMap<string, readonly string[]> = new Map(),
): ModprobeConfig {
  const draft: Draft = {
    options: new Map(),
    blacklist: new Set(),
    refused: new Set(),
    softBefore: new Map(),
    softAfter: new Map(),
    aliases: [],
  };
  for (const text of texts) for (const line of text.replaceAll("\\\n", " ").split("\n")) readLine(draft, line);
  for (const [module, words] of parameters) {
    const listed = module === "modprobe" ? words.filter((word) => word.startsWith("blacklist=")) : [];
    for (const word of listed) {
      for (const name of word.slice("blacklist=".length).split(",")) draft.blacklist.add(underscored(name));
    }
    if (module !== "modprobe") add(draft.options, module, words);
  }
  return { ...draft, aliases: draft.aliases.join("\n") };
}
