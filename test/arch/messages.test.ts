/** Every sentence for people can be told in every language. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { keyOf, msg, piecesOf, stored, tellIn, told } from "../../src/base/message.ts";
import { type Random, randomOf } from "../support/seeded-random.ts";
import { run } from "../support/shell.ts";
import { choiceLabels, taggedSentences, untaggedSentences } from "../support/source-messages.ts";
import { codeOf, readSources } from "../support/source-text.ts";

const sources = readSources("src");
const french = JSON.parse(readFileSync(join(import.meta.dirname, "../../src/languages/fr.json"), "utf8")) as Readonly<
  Record<string, string>
>;

const storedSentences = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../src/languages/stored.json"), "utf8"),
) as Readonly<Record<string, readonly number[]>>;

/** Files whose sentences stay English, with the reason. */
const ENGLISH: Readonly<Record<string, string>> = {
  "drivers/loader/systemd-boot.ts": "what bootctl calls its entry",
  "drivers/media/boot-menu.ts":
    "menus of boot loaders have no font but that of ASCII, and whoever starts the medium may read another language",
  "modules/module-thread.ts": "goes into the log",
};

test("each sentence is in the French catalog, which has no other", () => {
  const keys = new Set(taggedSentences(sources).map(({ key }) => key));
  assert.ok(keys.size > 1000, `${keys.size} sentences`);
  assert.equal(
    [...keys].filter((key) => french[key] === undefined),
    [],
    "not in fr.json",
  );
  assert.equal(
    Object.keys(french).filter((key) => !keys.has(key)),
    [],
    "not in the source",
  );
});

test("a translation has values of its sentence only, and empty ones for empty ones only", () => {
  const valuesOf = (text: string) =>
    piecesOf(text).flatMap((piece) => (typeof piece === "string" ? [] : [piece.value]));
  for (const [key, text] of Object.entries(french)) {
    const known = new Set(valuesOf(key));
    assert.equal(
      valuesOf(text).filter((value) => !known.has(value)),
      [],
      key,
    );
    assert.ok(text !== "", key);
    // French has a space before some marks.
    assert.is(/^\s/.test(text), /^(\s|[;:!?])/.test(key), `how "${key}" begins`);
    assert.is(/\s$/.test(text), /\s$/.test(key), `how "${key}" ends`);
  }
});

/** What a row of 80 columns has for a choice, behind its number. */
const CHOICE_COLUMNS = 74;

test("a choice that has a row in English has one in French", () => {
  const keys = choiceLabels(sources).map(({ key }) => key);
  assert.ok(keys.length > 80, `${keys.length} choices`);
  const most = CHOICE_COLUMNS;
  const tooLong = keys.filter((key) => key.length <= most && (french[key]?.length ?? 0) > most);
  assert.equal(
    tooLong.map((key) => french[key]),
    [],
  );
});

/** A sentence as a tag takes it. */
const partsOf = (key: string) => key.split(/\{\d+\}/) as unknown as TemplateStringsArray;

/** A value of a stored sentence: a sentence, a number that French counts, an ending that it leaves out, or a name. */
function valueFor(key: string, at: number, name: string): string {
  if (storedSentences[key]?.includes(at)) return "it is excluded";
  const uses = piecesOf(french[key] ?? "").filter((piece) => typeof piece !== "string" && piece.value === at);
  if (uses.length === 0) return "s";
  return uses.some((piece) => typeof piece !== "string" && piece.forms) ? "2" : name;
}

const valuesFor = (key: string, name: (at: number) => string) =>
  partsOf(key)
    .slice(1)
    .map((_, at) => valueFor(key, at, name(at)));

test("a sentence that is stored is known again in French, with its values", () => {
  const keys = [...new Set(taggedSentences(sources).flatMap(({ key, isStored }) => (isStored ? [key] : [])))];
  assert.ok(keys.length > 200, `${keys.length} are stored`);
  tellIn({ language: "fr", texts: french, stored: storedSentences });
  try {
    for (const key of keys) {
      const parts = partsOf(key);
      assert.is(keyOf(parts), key, "its values are in order");
      const values = valuesFor(key, (at) => `x${at}`);
      const inner = values.map((value) => told(value));
      assert.is(told(stored(parts, ...values)), msg(parts, ...inner), key);
    }
  } finally {
    tellIn(undefined);
  }
});

test("stored.json has each sentence with values that is stored, and no other", () => {
  const all = taggedSentences(sources).filter(({ key, isStored }) => isStored && /\{\d/.test(key));
  assert.equal(Object.keys(storedSentences).sort(), [...new Set(all.map(({ key }) => key))].sort());
});

/** What tells a stored sentence: the words between its values. */
const wordsOf = (key: string) => partsOf(key).flatMap((part) => part.match(/\w.{6,}\w/) ?? []);

/** Names that people give: parts of other sentences, whole ones, and what stands between two. */
function* names(random: Random): Generator<string> {
  const one = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const telling = Object.keys(storedSentences).flatMap(wordsOf);
  const keys = Object.keys(french);
  const parts = keys.flatMap((key) => key.split(/\{\d+\}/)).filter((part) => /\w/.test(part));
  const lists = [
    ["photos", "mum", "it is excluded"],
    [" ", " of ", " on ", ": ", ", ", " (", ") ", "; ", "/"],
    keys,
    parts,
  ];
  while (true) {
    const words = Array.from({ length: random(4) }, () => one(one(lists)));
    const name = `${one(["", "/srv/"])}photos${words.join(one(["", " "]))}`;
    if (!telling.some((part) => name.includes(part))) yield name;
  }
}

test("a name in a sentence that is stored is never translated", () => {
  const name = names(randomOf(7));
  tellIn({ language: "fr", texts: french, stored: storedSentences });
  // The shortest, such as "error {0}", have single words, or stay as they are.
  const keys = Object.keys(storedSentences).filter((key) => key.replace(/\{\d+\}/g, "").length >= 8);
  const rounds = 20;
  let translated = 0;
  try {
    for (const key of Array.from({ length: rounds }, () => keys).flat()) {
      const values = valuesFor(key, () => name.next().value as string);
      const text = stored(partsOf(key), ...values);
      const said = told(text);
      if (said !== text) translated += 1;
      for (const [at, value] of values.entries())
        if (valueFor(key, at, "name") === "name") assert.ok(said.includes(value), `${text}\n→ ${said}`);
    }
  } finally {
    tellIn(undefined);
  }
  assert.ok(translated > (keys.length * rounds) / 2, `${translated} are translated`);
});

/** What describes a machine or saves its files is written into sets. These tell people of this machine, now. */
const TOLD_AT_ONCE: ReadonlySet<string> = new Set([
  ...["probe/candidates.ts", "probe/disk-content.ts", "probe/obstacles.ts", "probe/probe.ts"],
  "archive/save/write-archive.ts",
]);

test("what is written into sets is English, whoever makes the backup", () => {
  const found = taggedSentences(sources).filter(({ file, isStored }) => {
    return /^(probe|archive\/save|drivers\/foreign)\//.test(file) && !isStored && !TOLD_AT_ONCE.has(file);
  });
  assert.equal(found, []);
});

test("no words of a failure, which are told, are written into sets", () => {
  const found = [...sources].filter(
    ([file, text]) =>
      /^(probe|archive\/save|archive\/tree|drivers\/foreign)\//.test(file) &&
      !TOLD_AT_ONCE.has(file) &&
      /\b(?:messageOf|sentenceOf|errnoText)\(|\berror\.message\b/.test(codeOf(text)),
  );
  assert.equal(
    found.map(([file]) => file),
    [],
    "storedErrno gives the reason",
  );
});

test("errors, reports, helps, titles and labels are tagged", () => {
  // What stands in a command line or a file name if nothing is said.
  const literal = ["mondorescue", "zstd"];
  const found = untaggedSentences(sources).filter(
    ({ file, key }) => ENGLISH[file] === undefined && !literal.includes(key),
  );
  assert.equal(found, []);
});

/** What stands outside of all brackets. */
function outside(text: string): string {
  let depth = 0;
  return [...text]
    .filter((char) => {
      if (char === "⟦") depth += 1;
      const isOutside = depth === 0;
      if (char === "⟧") depth -= 1;
      return isOutside;
    })
    .join("");
}

test("the manual page has no sentence that is not translated", async () => {
  const page = await run([process.execPath, join(import.meta.dirname, "../support/say-marked.ts")]);
  assert.ok(page.includes("⟦back up this machine to a bootable rescue ISO⟧"), "it is marked");
  const left = outside(page)
    .split("\n")
    .filter((line) => !line.startsWith(".B ") && /[a-z]{3,} [a-z]{2,} [a-z]{2,}/.test(line));
  assert.equal(left, []);
});

test("the language is chosen before a table with sentences is loaded", () => {
  const importsOf = (file: string) =>
    [...(sources.get(file) ?? "").matchAll(/^import\b(?! type)[^"]*"([^"]+)"/gm)].map(([, path]) => path);
  assert.is(importsOf("main.ts")[0], "./host/choose-language.ts");
  assert.equal(importsOf("host/choose-language.ts"), ["../base/language.ts", "../base/message.ts"]);
  for (const file of ["base/language.ts", "base/message.ts"]) {
    assert.equal(importsOf(file), [], `${file} is loaded before it`);
    assert.equal(taggedSentences(new Map([[file, sources.get(file) ?? ""]])), [], `${file} tells nothing`);
  }
});

test("what is tagged and what is not is found", () => {
  const text = [
    "const a = msg`one @{msg`two words`} three`;",
    'throw new MondoError("bug", `it is @{a} here`, { hint: "Call somebody." });',
    'reporter.step("Reading the disks"); reporter.log("not this one");',
    "reporter.info(msg`Reading @{a} again`);",
    'const field = { key: "include", name: "Include", usual: "nothing", label: isThere ? "There" : "zstd" };',
    "const tool = { name: 'mkfs', title: msg`a title`, label: 'WWN' };",
    "const words = { directory: 'a directory', other: msg`no directory` }, paths = { a: '/etc a/b' };",
  ]
    .join("\n")
    .replaceAll("@", "$");
  const made = new Map([["x.ts", text]]);
  const keys = (list: readonly { key: string }[]) => list.map(({ key }) => key).sort();
  const tagged = ["Reading {0} again", "a title", "no directory", "one {0} three", "two words"];
  assert.equal(keys(taggedSentences(made)), tagged);
  const untagged = [
    "Call somebody.",
    "Include",
    "Reading the disks",
    "There",
    "a directory",
    "it is {0} here",
    "nothing",
  ];
  assert.equal(keys(untaggedSentences(made)), untagged);
});

test.run();
