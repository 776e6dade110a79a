/**
 * What test/arch holds the source to, as pure functions from texts to complaints: so that they can be shown to find
 * what they look for.
 */
import { dirname, join } from "node:path";
import { codeOf, type Sources } from "./source-text.ts";

/** Folder → folders that it may import from, types included; itself always. Each stands below those that it names. */
export type FolderRules = Readonly<Record<string, readonly string[]>>;

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

/** Folder of a file; `.` for one that is in none. */
export const folderOf = (name: string): string => (name.includes("/") ? (name.split("/")[0] ?? ".") : ".");

const lineAt = (text: string, at: number): number => text.slice(0, at).split("\n").length;

/** Every import, re-export and `import()` of a text. */
export function importsOf(text: string): Import[] {
  const head = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm);
  const inner = text.matchAll(/\b(typeof\s+)?(?:import|require)\(\s*"([^"]+)"\s*\)/g);
  return [...head, ...inner].map((match) => ({ target: match[2] ?? "", typeOnly: match[1] !== undefined }));
}

/** The files below `src` that a file imports. */
function neighbours(sources: Sources, name: string, wanted: (found: Import) => boolean): string[] {
  return importsOf(sources.get(name) ?? "")
    .filter((found) => found.target.startsWith(".") && wanted(found))
    .map(({ target }) => join(dirname(name), target));
}

/** Imports from a folder that the rules don't name for the importing one, and folders without a rule. */
export function forbiddenImports(sources: Sources, rules: FolderRules): string[] {
  return [...sources.keys()].flatMap((name) => {
    const allowed = rules[folderOf(name)];
    if (!allowed) return [`src/${folderOf(name)} has no import rule`];
    return neighbours(sources, name, () => true)
      .filter((target) => !target.startsWith("..") && folderOf(target) !== folderOf(name))
      .filter((target) => !allowed.includes(folderOf(target)))
      .map((target) => `${name} → ${target}`);
  });
}

/** Folders that a rule allows and that nobody imports from, so that the table says what is. */
export function unusedRules(sources: Sources, rules: FolderRules): string[] {
  const used = new Set(
    [...sources.keys()].flatMap((name) =>
      neighbours(sources, name, () => true).map((target) => `${folderOf(name)} → ${folderOf(target)}`),
    ),
  );
  return Object.entries(rules).flatMap(([folder, allowed]) =>
    allowed.map((other) => `${folder} → ${other}`).filter((edge) => !used.has(edge)),
  );
}

/** Rules that name a folder which isn't above them in the table. */
export function upwardRules(rules: FolderRules): string[] {
  const order = Object.keys(rules);
  return order.flatMap((folder, at) =>
    (rules[folder] ?? []).filter((other) => order.indexOf(other) >= at).map((other) => `${folder} → ${other}`),
  );
}

/** Imports of more than types from the host by folders that never touch the machine. */
export function impureImports(sources: Sources, pure: readonly string[]): string[] {
  return [...sources.keys()]
    .filter((name) => pure.includes(folderOf(name)))
    .flatMap((name) =>
      neighbours(sources, name, ({ typeOnly }) => !typeOnly)
        .filter((target) => folderOf(target) === "host")
        .map((target) => `${name} → ${target}`),
    );
}

/** Modules of the runtime, imported outside of host/. */
export function runtimeImports(sources: Sources): string[] {
  return [...sources].flatMap(([name, text]) =>
    folderOf(name) === "host"
      ? []
      : importsOf(text)
          .filter(({ target }) => /^(node:|bun(:|$))/.test(target))
          .map(({ target }) => `${name} → ${target}`),
  );
}

/** Sets of files that import each other in a circle, types counted or not. Source: Tarjan, 1972. */
export function circles(sources: Sources, { types }: { readonly types: boolean }): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): number => {
    const own = index.size;
    index.set(name, own);
    low.set(name, own);
    stack.push(name);
    for (const next of neighbours(sources, name, ({ typeOnly }) => types || !typeOnly)) {
      if (!sources.has(next)) continue;
      const reached = index.has(next) ? (stack.includes(next) ? (index.get(next) ?? own) : own) : visit(next);
      low.set(name, Math.min(low.get(name) ?? own, reached));
    }
    if (low.get(name) === own) {
      const circle = stack.splice(stack.indexOf(name)).sort();
      if (circle.length > 1) found.push(circle);
    }
    return low.get(name) ?? own;
  };
  for (const name of sources.keys()) if (!index.has(name)) visit(name);
  return found;
}

/**
 * What acts on the process or the machine, or depends on when it is called. Pure parts of the runtime (hashes, gzip)
 * are free.
 */
const ACTING = [
  /\bprocess\s*\.\s*\w+/g,
  /\bBun\s*\.\s*(?!(?:hash|CryptoHasher|gzipSync|gunzipSync|zstdDecompressSync|version)\b)\w+/g,
  /(?<![.#\w])(?:set|clear)(?:Timeout|Interval|Immediate)\b/g,
  /(?<![.#\w])(?:queueMicrotask|fetch|alert|prompt)\s*\(/g,
  /\b(?:Date\s*\.\s*now|performance\s*\.\s*now|Math\s*\.\s*random|AbortSignal\s*\.\s*timeout)\b/g,
  /\bnew\s+Date\s*\(\s*\)|\bnew\s+(?:Worker|WebSocket)\b/g,
  /\b(?:globalThis|navigator)\b/g,
  /\bconsole\s*\.\s*(?:log|error|warn|info|debug)\b/g,
];

/** main.ts reads the words and ends the process: nobody else does. */
const FREE: Readonly<Record<string, RegExp>> = { "main.ts": /^process\.(argv0?|exit)$/ };

/** Calls outside of host/ that go past it. */
export function strayCalls(sources: Sources): string[] {
  return [...sources].flatMap(([name, text]) => {
    if (folderOf(name) === "host") return [];
    const code = codeOf(text);
    return ACTING.flatMap((pattern) => [...code.matchAll(pattern)])
      .filter(([call]) => !FREE[name]?.test(call))
      .map((match) => `${name}:${lineAt(text, match.index)} ${match[0]}`);
  });
}

/** Lines of comment that are longer than a formatted line of code. */
export function longComments(sources: Sources, most = 120): string[] {
  return [...sources].flatMap(([name, text]) => {
    const code = codeOf(text).split("\n");
    return text.split("\n").flatMap((line, at) => {
      const isComment = line.length > most && /^\s*(?:\/\/|\/?\*)/.test(line) && (code[at] ?? "").trim() === "";
      return isComment ? [`${name}:${at + 1} has ${line.length} columns`] : [];
    });
  });
}

/** How many declarations are exported, and those without a comment right before them. */
export function undocumented(sources: Sources): { readonly exported: number; readonly bare: readonly string[] } {
  let exported = 0;
  const bare: string[] = [];
  for (const [name, text] of sources) {
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      if (!/^export (?:async |abstract |declare )*(?:function|const|class|interface|type(?! \{)|enum)\b/.test(line))
        continue;
      exported += 1;
      if (!/\*\/\s*$/.test(lines[at - 1] ?? "")) bare.push(`${name}:${at + 1} ${line}`);
    }
  }
  return { exported, bare };
}
