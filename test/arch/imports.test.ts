/** Who may import whom. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  circles,
  type FolderRules,
  forbiddenImports,
  impureImports,
  runtimeImports,
  unusedRules,
  upwardRules,
} from "../support/source-rules.ts";
import { readSources } from "../support/source-text.ts";

/** From the ground up: a folder imports, types included, from those above it in this table that it names. */
const rules: FolderRules = {
  base: [],
  formats: ["base"],
  layout: ["base"],
  effects: ["base", "layout"],
  languages: [],
  host: ["base", "languages"],
  ui: ["base", "host"],
  status: ["base", "formats", "host", "ui"],
  drivers: ["base", "formats", "layout", "effects", "host"],
  modules: ["base", "formats", "host"],
  network: ["base", "formats", "host", "modules"],
  shares: ["base", "formats", "host", "drivers", "modules", "network"],
  probe: ["base", "formats", "layout", "effects", "host", "drivers"],
  plan: ["base", "layout", "effects", "drivers"],
  run: ["base", "formats", "layout", "effects", "host", "drivers", "probe", "plan"],
  archive: ["base", "formats", "layout", "effects", "host", "drivers"],
  image: ["base", "formats", "host", "drivers"],
  tapes: ["base", "formats", "host", "shares", "archive"],
  discs: ["base", "formats", "host", "archive"],
  backup: [
    ...["base", "formats", "layout", "effects", "host", "drivers", "shares", "probe", "plan", "run"],
    ...["archive", "image"],
  ],
  restore: ["base", "formats", "layout", "effects", "host", "ui", "drivers", "probe", "plan", "run", "archive"],
  pxe: ["base", "formats", "host", "drivers", "network", "archive", "image", "restore"],
  init: [
    "base",
    "formats",
    "layout",
    "host",
    "ui",
    "status",
    "modules",
    "network",
    "shares",
    "probe",
    "archive",
    "tapes",
    "restore",
  ],
  commands: [
    ...["base", "layout", "host", "ui", "status", "drivers", "modules", "network", "shares", "probe", "plan"],
    ...["archive", "tapes", "discs", "image", "backup", "restore", "pxe", "init"],
  ],
  ".": ["base", "host", "modules", "archive", "commands"],
};
/** Folders that touch the machine only through what they are given: of host they know the types. */
const pure = ["base", "formats", "layout", "effects", "drivers", "plan"];

const sources = readSources("src");

test("each folder imports only from those that its rule names", () => {
  assert.equal(forbiddenImports(sources, rules), []);
});

test("no rule allows what nobody does", () => {
  assert.equal(unusedRules(sources, rules), []);
});

test("no folder imports upwards", () => {
  assert.equal(upwardRules(rules), []);
});

test("pure folders import only types from host", () => {
  assert.equal(impureImports(sources, pure), []);
});

test("only host/ imports node:* or bun", () => {
  assert.equal(runtimeImports(sources), []);
});

test("no files import each other in a circle, by types or values", () => {
  assert.equal(circles(sources, { types: true }), []);
});

test("ink and yoga are led to by load-drawer.ts alone: no other command pays for them", () => {
  const heavy = /\b(?:from|import)\s*\(?\s*"(ink|yoga-layout|react)(?:\/[^"]*)?"/;
  const direct = [...sources].flatMap(([file, text]) => (heavy.test(text) ? [file] : []));
  assert.equal(direct.sort(), ["ui/screens/draw-view.ts", "ui/screens/load-drawer.ts"]);
  const through = [...sources].flatMap(([file, text]) => (/"[^"]*\/draw-view\.ts"/.test(text) ? [file] : []));
  assert.equal(through, ["ui/screens/load-drawer.ts"]);
  // It loads them when it is called, not when it is loaded.
  assert.not.match(sources.get("ui/screens/load-drawer.ts") ?? "", /^import (?!type)/m);
});

test.run();
