import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Source texts by path below a folder. */
export type Sources = ReadonlyMap<string, string>;

/** Every TypeScript file below a folder of the repository (`src`, `test`). */
export function readSources(folder: "src" | "test"): Sources {
  const top = join(import.meta.dirname, "../..", folder);
  const names = (readdirSync(top, { recursive: true }) as string[]).filter((name) => name.endsWith(".ts")).sort();
  return new Map(names.map((name) => [name, readFileSync(join(top, name), "utf8")]));
}

const PLAIN = /[^"'`/{}]+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
/** A template from its start, or from the end of an expression in it, to the next expression or its end. */
const TEMPLATE = /[`}](?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:\$\{|`)/y;
/** What a regular expression follows, where a division can't. */
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};>]|\breturn)\s*$/;

/** A text in which comments, and what literals say, are blanks of the same length: what is left is code. */
export function codeOf(text: string): string {
  let code = "";
  /** Of each template expression that is open: the braces that are open in it. */
  const braces: number[] = [];
  const match = (pattern: RegExp) => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0];
  };
  const blank = (found: string) => {
    code += found.replace(/[^\n]/g, " ");
  };
  while (code.length < text.length) {
    const literal =
      match(COMMENT) ?? match(STRING) ?? (BEFORE_REGEXP.test(code.slice(-80)) ? match(REGEXP) : undefined);
    const plain = literal ?? match(PLAIN);
    const char = text[code.length] ?? "";
    if (literal !== undefined) blank(literal);
    else if (plain !== undefined) code += plain;
    else if (char === "`" || (char === "}" && braces.at(-1) === 0)) {
      const part = match(TEMPLATE) ?? char;
      if (char === "}") braces.pop();
      if (part.endsWith("${")) braces.push(0);
      blank(part);
    } else {
      const depth = braces.pop();
      if (depth !== undefined) braces.push(depth + (char === "{" ? 1 : char === "}" ? -1 : 0));
      code += char;
    }
  }
  return code;
}
