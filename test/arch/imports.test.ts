import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const src = join(import.meta.dirname, "../../src");

/** Folder → folders it may import (itself always). `*` is everything. Types of `host` are free to all but `base`. */
const rules: Readonly<Record<string, readonly string[]>> = {
  base: [],
  formats: ["base"],
  layout: ["base"],
  host: ["base"],
  effects: ["base", "layout"],
  ui: ["base", "host"],
  drivers: ["base", "formats", "layout", "effects"],
  modules: ["base", "formats", "host"],
  network: ["base", "formats", "host", "modules", "shares"],
  shares: ["base", "formats", "host", "ui", "modules", "network"],
  probe: ["base", "formats", "layout", "drivers", "host"],
  plan: ["base", "layout", "effects", "drivers"],
  run: ["base", "formats", "layout", "effects", "plan", "drivers", "probe", "host"],
  archive: ["base", "formats", "layout", "effects", "drivers", "host"],
  image: ["base", "formats", "layout", "drivers", "host"],
  backup: ["base", "formats", "layout", "drivers", "probe", "shares", "archive", "image", "host"],
  restore: ["base", "formats", "layout", "drivers", "probe", "plan", "run", "archive", "host", "ui"],
  pxe: ["base", "formats", "drivers", "archive", "image", "host", "network", "restore"],
  init: ["*"],
  commands: ["*"],
  ".": ["*"],
};
/** Stages of the archive, each with those it may import, types included; what stands beside them is below all. */
const stages: Readonly<Record<string, readonly string[]>> = {
  tree: [],
  catalog: ["tree"],
  set: ["catalog"],
  save: ["tree", "catalog", "set"],
  extract: ["tree", "catalog", "set"],
  compare: ["tree", "catalog"],
  verify: ["tree", "catalog", "set"],
};
/** Types may be imported from these folders by anyone above `base`: they are vocabulary, not behaviour. */
const typeVocabulary = ["layout", "effects", "plan", "drivers", "archive", "host", "run"];

const files = (readdirSync(src, { recursive: true }) as string[]).filter((name) => name.endsWith(".ts")).sort();
const folderOf = (name: string) => (name.includes("/") ? (name.split("/")[0] ?? ".") : ".");

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(name: string): Import[] {
  const text = readFileSync(join(src, name), "utf8");
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm);
  return [...found].map((match) => ({ target: match[2] ?? "", typeOnly: match[1] !== undefined }));
}

test("each folder imports only what stands below it", () => {
  const broken: string[] = [];
  for (const name of files) {
    const folder = folderOf(name);
    const allowed = rules[folder];
    assert.ok(allowed, `src/${folder} has no import rule`);
    for (const { target, typeOnly } of importsOf(name)) {
      if (!target.startsWith(".") || /\.\.\/(initrd|kernel-config)\//.test(target)) continue;
      const to = folderOf(relative(src, join(src, dirname(name), target)));
      if (to === folder || allowed?.includes("*") || allowed?.includes(to)) continue;
      if (typeOnly && folder !== "base" && typeVocabulary.includes(to)) continue;
      broken.push(`${name} → ${target}`);
    }
  }
  assert.equal(broken, []);
});

test("each stage of the archive imports only what stands below it", () => {
  const stageOf = (name: string) => /^archive\/([^/]+)\//.exec(name)?.[1];
  const broken: string[] = [];
  for (const name of files.filter((file) => file.startsWith("archive/"))) {
    const stage = stageOf(name);
    const allowed = stage === undefined ? [] : stages[stage];
    assert.ok(allowed, `src/archive/${stage} has no import rule`);
    for (const { target } of importsOf(name)) {
      const to = stageOf(relative(src, join(src, dirname(name), target)));
      if (to !== undefined && to !== stage && !allowed?.includes(to)) broken.push(`${name} → ${target}`);
    }
  }
  assert.equal(broken, []);
});

test("only host/ imports node:* or bun", () => {
  const broken = files
    .filter((name) => folderOf(name) !== "host")
    .flatMap((name) =>
      importsOf(name)
        .filter((i) => /^(node:|bun(:|$))/.test(i.target))
        .map((i) => `${name} → ${i.target}`),
    );
  assert.equal(broken, []);
});

test("no import cycles", () => {
  const graph = new Map(
    files.map((name) => [
      name,
      importsOf(name)
        .filter((i) => i.target.startsWith(".") && !i.typeOnly)
        .map((i) => relative(src, join(src, dirname(name), i.target))),
    ]),
  );
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    assert.not.ok(path.includes(name), `cycle: ${[...path, name].join(" → ")}`);
    if (done.has(name)) return;
    for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of files) visit(name, []);
});

test("no file exports a default, and none is called utils, helpers, common or manager", () => {
  const broken = files.filter(
    (name) =>
      /(^|\/)(utils?|helpers?|common|manager)\.ts$/.test(name) ||
      /^export default/m.test(readFileSync(join(src, name), "utf8")),
  );
  assert.equal(broken, []);
});

test("every file of src has a name of its own", () => {
  const seen = new Map<string, string>();
  const broken: string[] = [];
  for (const name of files) {
    const base = name.split("/").at(-1) ?? name;
    const other = seen.get(base);
    if (other !== undefined) broken.push(`${other} and ${name}`);
    seen.set(base, name);
  }
  assert.equal(broken, []);
});

test.run();
