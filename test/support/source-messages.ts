/** Sentences for people in the source: those that are tagged for translation, and those that ought to be. */
import {
  type ConditionalExpression,
  type Node,
  parse,
  type TaggedTemplateExpression,
  type TemplateLiteral,
} from "acorn";
import { simple } from "acorn-walk";
import { transformSync } from "esbuild";
import { keyOf } from "../../src/base/message.ts";
import type { Sources } from "./source-text.ts";

/** A sentence that a catalog needs. */
export interface Sentence {
  /** As a catalog knows it: `the disk {0} is too small`. */
  readonly key: string;
  /** The file below `src`. */
  readonly file: string;
  /** It is written down in English, and told to those who read it. */
  readonly isStored?: true;
}

/** What tags a sentence. */
const TAGS = new Set(["msg", "stored"]);

type Visitors = Parameters<typeof simple>[1];

function visit(text: string, visitors: Visitors): void {
  const { code } = transformSync(text, { loader: "ts", target: "esnext" });
  simple(parse(code, { ecmaVersion: "latest", sourceType: "module" }), visitors);
}

const textOf = ({ quasis }: TemplateLiteral) => keyOf(quasis.map(({ value }) => value.cooked ?? ""));

/** Every sentence that is tagged with `msg` or `stored`. */
export function taggedSentences(sources: Sources): Sentence[] {
  const all: Sentence[] = [];
  for (const [file, text] of sources) {
    if (!/\b(?:msg|stored)`/.test(text)) continue;
    visit(text, {
      TaggedTemplateExpression({ tag, quasi }) {
        if (tag.type !== "Identifier" || !TAGS.has(tag.name)) return;
        all.push({ key: textOf(quasi), file, ...(tag.name === "stored" ? { isStored: true } : {}) });
      },
    });
  }
  return all;
}

/** Sentences that are choices of a menu, alone or one of two: each has a row of its own. */
export function choiceLabels(sources: Sources): Sentence[] {
  const all: Sentence[] = [];
  for (const [file, text] of sources) {
    const look = (node: Node): void => {
      if (node.type === "ConditionalExpression") {
        const { consequent, alternate } = node as ConditionalExpression;
        for (const one of [consequent, alternate]) look(one);
      }
      if (node.type !== "TaggedTemplateExpression") return;
      const { tag, quasi } = node as TaggedTemplateExpression;
      if (tag.type === "Identifier" && tag.name === "msg") all.push({ key: textOf(quasi), file });
    };
    visit(text, {
      ObjectExpression({ properties }) {
        const named = (name: string) =>
          properties.find((one) => one.type === "Property" && one.key.type === "Identifier" && one.key.name === name);
        const label = named("label");
        if (named("key") && label?.type === "Property") look(label.value);
      },
    });
  }
  return all;
}

/** What a literal says, without what stands in its places; undefined for anything else, a tagged template among it. */
function literalText(node: Node | null | undefined): string | undefined {
  if (node?.type === "Literal") {
    const { value } = node as Node & { readonly value: unknown };
    return typeof value === "string" ? value : undefined;
  }
  return node?.type === "TemplateLiteral" ? textOf(node as TemplateLiteral) : undefined;
}

/** Whether a node is a sentence that is tagged. */
function isTagged(node: Node): boolean {
  if (node.type !== "TaggedTemplateExpression") return false;
  const { tag } = node as TaggedTemplateExpression;
  return tag.type === "Identifier" && TAGS.has(tag.name);
}

/** Two words of a language beside each other. */
const isSentence = (text: string): boolean => /[A-Za-z]{2,}[,:]? [A-Za-z]{2,}/.test(text);
/** As that, or a word with an article: what stands in a table of words. */
const isPhrase = (text: string): boolean => isSentence(text) || /^an? [a-z]{2,}/.test(text);
/** A name that begins as a word of a sentence does; what programs call is all small or all capital. */
const isName = (text: string): boolean => /^[A-Z][a-z]+\b/.test(text);
const isWord = (text: string): boolean => isSentence(text) || isName(text);
const hasLetters = (text: string): boolean => /[A-Za-z]{2,}/.test(text);

/** Methods of reporters and of consoles whose lines a person reads, and questions. */
const TELLING = new Set(["step", "info", "warn", "write", "menu", "confirm", "line"]);
/** What a person reads of an error, an option, a screen or a question, and what in it is a word of a language. */
const FIELDS: Readonly<Record<string, (text: string) => boolean>> = {
  ...{ hint: isSentence, help: isSentence, summary: isSentence, meaning: isSentence, text: isSentence },
  ...{ title: isWord, label: isWord, detail: isWord, name: isName, place: isWord },
  usual: hasLetters,
};

/** Sentences in errors, reports, helps, screens and fields of them that are not tagged. */
export function untaggedSentences(sources: Sources): Sentence[] {
  const all: Sentence[] = [];
  for (const [file, text] of sources) {
    const look = (node: Node | null | undefined, isOne: (text: string) => boolean) => {
      if (node?.type === "ConditionalExpression") {
        const { consequent, alternate } = node as ConditionalExpression;
        for (const one of [consequent, alternate]) look(one, isOne);
      }
      const key = literalText(node);
      if (key !== undefined && isOne(key) && !all.some((one) => one.key === key && one.file === file))
        all.push({ key, file });
    };
    visit(text, {
      NewExpression({ callee, arguments: [, message] }) {
        if (callee.type === "Identifier" && callee.name === "MondoError") look(message, isSentence);
      },
      CallExpression({ callee, arguments: [first] }) {
        if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
        if (TELLING.has(callee.property.name)) look(first, isSentence);
      },
      ObjectExpression({ properties }) {
        const own = properties.filter((one) => one.type === "Property");
        for (const { key, value } of own) {
          if (key.type === "Identifier") look(value, FIELDS[key.name] ?? (() => false));
        }
        // Words of a table, of which another is tagged.
        const keys = own.map(({ key }) => (key.type === "Identifier" ? key.name : ""));
        // An example has a command line beside what it does.
        const isOther = keys.some((key) => Object.hasOwn(FIELDS, key) || key === "line");
        const isTable = own.some(({ value }) => isTagged(value)) && !isOther;
        if (isTable) for (const { value } of own) look(value, isPhrase);
      },
    });
  }
  return all;
}
