/**
 * Makes keyboards.list of what ckbcomp (console-setup) and loadkeys (kbd) say about the layouts of xkb-data. Usage:
 * bun initrd/make-keyboards.ts > initrd/keyboards.list
 */
import { spawnSync } from "node:child_process";
import { type KeyBinding, parseKeyTables } from "../src/formats/boot/key-tables.ts";

/** Name, words of ckbcomp, and what people call it; the first one is the kernel's, all others differ from it. */
const LAYOUTS: readonly (readonly [name: string, words: string, called: string])[] = [
  ["us", "us", "English (US)"],
  ["gb", "gb", "English (UK)"],
  ["be", "be", "Belgian"],
  ["br", "br", "Portuguese (Brazil)"],
  ["ca", "ca", "French (Canada)"],
  ["ch", "ch", "German (Switzerland)"],
  ["ch-fr", "ch fr", "French (Switzerland)"],
  ["cz", "cz", "Czech"],
  ["cz-qwerty", "cz qwerty", "Czech (QWERTY)"],
  ["de", "de", "German"],
  ["de-nodeadkeys", "de nodeadkeys", "German (no dead keys)"],
  ["dk", "dk", "Danish"],
  ["dvorak", "us dvorak", "English (Dvorak)"],
  ["ee", "ee", "Estonian"],
  ["es", "es", "Spanish"],
  ["fi", "fi", "Finnish"],
  ["fr", "fr", "French"],
  ["fr-bepo", "fr bepo", "French (BÉPO)"],
  ["hr", "hr", "Croatian"],
  ["hu", "hu", "Hungarian"],
  ["is", "is", "Icelandic"],
  ["it", "it", "Italian"],
  ["jp", "jp", "Japanese"],
  ["latam", "latam", "Spanish (Latin America)"],
  ["lt", "lt", "Lithuanian"],
  ["lv", "lv", "Latvian"],
  ["nl", "nl", "Dutch"],
  ["no", "no", "Norwegian"],
  ["pl", "pl", "Polish"],
  ["pt", "pt", "Portuguese"],
  ["ro", "ro", "Romanian"],
  ["se", "se", "Swedish"],
  ["si", "si", "Slovenian"],
  ["sk", "sk", "Slovak"],
  ["tr", "tr", "Turkish"],
];

/** Plain, Shift, AltGr, Shift and AltGr, Control, Alt. */
const TABLES = [0, 1, 2, 3, 4, 8];

function outputOf(argv: readonly string[], input = ""): string {
  const [program = "", ...rest] = argv;
  const { status, stdout, stderr } = spawnSync(program, rest, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** All bindings of a layout, by table and key. */
function bindingsOf(words: string): Map<string, KeyBinding> {
  const [layout = "", variant] = words.split(" ");
  const ckbcomp = process.env.CKBCOMP?.split(" ") ?? ["ckbcomp"];
  const map = outputOf([...ckbcomp, "-model", "pc105", "-layout", layout, ...(variant ? ["-variant", variant] : [])]);
  const source = outputOf([process.env.LOADKEYS ?? "loadkeys", "--unicode", "--mktable", "-"], map);
  const wanted = parseKeyTables(source).filter(({ table, key }) => TABLES.includes(table) && key > 0 && key < 128);
  return new Map(wanted.map((one) => [`${one.table} ${one.key}`, one]));
}

/** Runs of keys that follow each other, one line each: table, first key, values. */
function lines(bindings: readonly KeyBinding[]): string[] {
  const runs: { readonly table: number; readonly key: number; readonly values: number[] }[] = [];
  for (const { table, key, value } of bindings) {
    const last = runs.at(-1);
    if (last && last.table === table && last.key + last.values.length === key) last.values.push(value);
    else runs.push({ table, key, values: [value] });
  }
  return runs.map(({ table, key, values }) => `${table} ${key} ${values.map((value) => value.toString(16)).join(" ")}`);
}

const base = bindingsOf("us");
for (const [name, words, called] of LAYOUTS) {
  const all = bindingsOf(words);
  const differ = [...all.values()].filter(
    (one) => name === "us" || base.get(`${one.table} ${one.key}`)?.value !== one.value,
  );
  process.stdout.write(`= ${name} ${called}\n${lines(differ).join("\n")}\n`);
}
