import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** A value of LVM's configuration language. */
export type LvmValue = string | number | readonly LvmValue[] | LvmSection;
export interface LvmSection {
  readonly [name: string]: LvmValue;
}

/** Whether a value is a section. */
export const isLvmSection = (value: LvmValue | undefined): value is LvmSection =>
  typeof value === "object" && !Array.isArray(value);

const TOKEN = /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|([{}[\]=,])|([^\s{}[\]=,"#]+)/y;

type Token =
  | { readonly kind: "string" | "word"; readonly text: string }
  | { readonly kind: "sign"; readonly text: string };

const bad = (what: string) => new MondoError("format", msg`LVM metadata: ${what}`);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw bad(msg`unexpected character at ${at}`);
    const [, quoted, sign, word] = match;
    if (quoted !== undefined) tokens.push({ kind: "string", text: quoted.replace(/\\(.)/g, "$1") });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
  }
  return tokens;
}

const MOST_DEPTH = 16;

/** Parses `name { … }` and `name = value`; throws `format`. Source: lvm2 libdm/libdm-config.c. */
export function parseLvmText(text: string): LvmSection {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): Token => {
    const token = tokens[at];
    if (!token) throw bad(msg`it ends too early`);
    at += 1;
    return token;
  };
  const isSign = (sign: string) => tokens[at]?.kind === "sign" && tokens[at]?.text === sign;

  function scalar(token: Token): LvmValue {
    if (token.kind === "sign") throw bad(msg`a value is expected before "${token.text}"`);
    const number = Number(token.text);
    return token.kind === "word" && Number.isFinite(number) ? number : token.text;
  }
  function value(): LvmValue {
    if (!isSign("[")) return scalar(next());
    next();
    const list: LvmValue[] = [];
    while (!isSign("]")) {
      list.push(scalar(next()));
      if (isSign(",")) next();
    }
    next();
    return list;
  }
  function section(depth: number): LvmSection {
    if (depth > MOST_DEPTH) throw bad(msg`sections lie too deep`);
    const found: [string, LvmValue][] = [];
    while (at < tokens.length && !isSign("}")) {
      const name = next();
      if (name.kind === "sign") throw bad(msg`a name is expected before "${name.text}"`);
      const sign = next();
      if (sign.kind !== "sign" || (sign.text !== "{" && sign.text !== "="))
        throw bad(msg`"=" is missing after ${name.text}`);
      found.push([name.text, sign.text === "{" ? section(depth + 1) : value()]);
      if (sign.text === "{" && next().text !== "}") throw bad(msg`"}" is missing`);
    }
    return Object.fromEntries(found);
  }
  const whole = section(0);
  if (at < tokens.length) throw bad(msg`a "}" too many`);
  return whole;
}

const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

function encodeValue(value: Exclude<LvmValue, LvmSection>): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return String(value);
  return `[${value.map((one) => encodeValue(one as string | number)).join(", ")}]`;
}

/** Writes what `parseLvmText` reads. Without comments: LVM needs none. */
export function encodeLvmText(section: LvmSection, indent = ""): string {
  return Object.entries(section)
    .map(([name, value]) => {
      if (isLvmSection(value)) return `${indent}${name} {\n${encodeLvmText(value, `${indent}\t`)}${indent}}\n`;
      return `${indent}${name} = ${encodeValue(value)}\n`;
    })
    .join("");
}
