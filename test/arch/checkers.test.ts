/** The checkers of this folder find what they look for, in made-up sources. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  circles,
  forbiddenImports,
  impureImports,
  longComments,
  runtimeImports,
  strayCalls,
  undocumented,
  unusedRules,
  upwardRules,
} from "../support/source-rules.ts";
import { codeOf, type Sources } from "../support/source-text.ts";

const sourcesOf = (texts: Readonly<Record<string, string>>): Sources => new Map(Object.entries(texts));

test("codeOf() blanks comments and literals, keeps expressions in templates, and every line its length", () => {
  const text = 'a("x" /* y */, `p @{f(`q @{g({})}`)} r`, /["\'`]\\//.test(b)) / c; // d\nd / e / `}`;'.replaceAll(
    "@",
    "$",
  );
  const code = codeOf(text);
  assert.is(code.length, text.length);
  assert.is(code.replace(/ +/g, " "), "a( , f( g({}) ) , .test(b)) / c; \nd / e / ;");
});

test("forbiddenImports() finds values, types, re-exports, import() and folders without a rule", () => {
  const rules = { low: [], high: ["low"] };
  const broken = [
    'import { a } from "../high/a.ts";',
    'import type { A } from "../high/a.ts";',
    'export * from "../high/a.ts";',
    'import {\n  a,\n  b,\n} from "../high/a.ts";',
    'const a = await import("../high/a.ts");',
    'type A = typeof import("../high/a.ts");',
  ];
  for (const text of broken) {
    assert.equal(forbiddenImports(sourcesOf({ "low/b.ts": text }), rules), ["low/b.ts → high/a.ts"], text);
  }
  const fine = {
    "high/b.ts": 'import { c } from "../low/c.ts";\nimport { d } from "./d.ts";\nimport * as v from "valibot";',
  };
  assert.equal(forbiddenImports(sourcesOf(fine), rules), []);
  assert.equal(forbiddenImports(sourcesOf({ "new/a.ts": "" }), rules), ["src/new has no import rule"]);
});

test("unusedRules() and upwardRules() find what a table of rules claims without need", () => {
  const rules = { low: ["high"], middle: [], high: ["low", "middle"] };
  const sources = sourcesOf({ "high/a.ts": 'import type { B } from "../low/b.ts";' });
  assert.equal(unusedRules(sources, rules), ["low → high", "high → middle"]);
  assert.equal(upwardRules(rules), ["low → high"]);
});

test("impureImports() finds the host's values in a folder that is pure, not its types", () => {
  const text = 'import type { Host } from "../host/host.ts";\nimport { linuxHost } from "../host/linux.ts";';
  const sources = sourcesOf({ "plan/a.ts": text, "run/a.ts": text });
  assert.equal(impureImports(sources, ["plan"]), ["plan/a.ts → host/linux.ts"]);
});

test("runtimeImports() finds modules of Node and Bun everywhere but in host", () => {
  const text = 'import { readFileSync } from "node:fs";\nimport { dlopen } from "bun:ffi";\nimport { $ } from "bun";';
  const sources = sourcesOf({ "host/a.ts": text, "plan/a.ts": text });
  assert.equal(runtimeImports(sources), ["plan/a.ts → node:fs", "plan/a.ts → bun:ffi", "plan/a.ts → bun"]);
});

test("circles() finds files that import each other, by types alone if they are counted", () => {
  const sources = sourcesOf({
    "a/one.ts": 'import { two } from "./two.ts";',
    "a/two.ts": 'import { three } from "../b/three.ts";',
    "b/three.ts": 'import type { One } from "../a/one.ts";',
    "b/four.ts": 'import { three } from "./three.ts";\nimport { five } from "./five.ts";',
    "b/five.ts": 'import { four } from "./four.ts";',
  });
  assert.equal(circles(sources, { types: false }), [["b/five.ts", "b/four.ts"]]);
  assert.equal(circles(sources, { types: true }), [
    ["a/one.ts", "a/two.ts", "b/three.ts"],
    ["b/five.ts", "b/four.ts"],
  ]);
});

test("strayCalls() finds each way past the host, with its line", () => {
  const calls = [
    ...[
      "Bun.sleep(1)",
      "Bun.spawn([])",
      "Bun.file(path)",
      "process.on(name, work)",
      "process.exit(1)",
      "process.env.HOME",
    ],
    ...["setTimeout(work, 1)", "setInterval(work, 1)", "setImmediate(work)", "queueMicrotask(work)", "fetch(url)"],
    ...["Date.now()", "new Date()", "new Worker(url)", "Math.random()", "console.log(text)", "globalThis.name"],
  ];
  for (const call of calls) {
    const found = strayCalls(
      sourcesOf({ "plan/a.ts": `// ${call}\nconst text = "${call}";\nconst a = \`\${${call}}\`;\n` }),
    );
    assert.is(found.length, 1, call);
    assert.match(found[0] ?? "", /^plan\/a\.ts:3 /);
  }
  const fine = "host.sleep(1); wire.setTimeout; this.#fetch(at); Bun.hash.xxHash64(a); new Date(ms); subprocess.exit;";
  assert.equal(strayCalls(sourcesOf({ "plan/a.ts": fine, "host/a.ts": calls.join(";\n") })), []);
  const words = "run(process.argv0, process.argv.slice(2)).then((code) => process.exit(code));";
  assert.equal(strayCalls(sourcesOf({ "main.ts": words })), []);
  assert.equal(strayCalls(sourcesOf({ "main.ts": "process.env.HOME" })), ["main.ts:1 process.env"]);
});

test("longComments() measures lines of comment, not of literals", () => {
  const long = "x".repeat(120);
  const text = `/** ${long} */\nconst a = "${long}";\n  // ${long}\n/**\n * ${long}\n */\nconst b = \`\n * ${long}\`;\n// short`;
  assert.equal(longComments(sourcesOf({ "a.ts": text })), [
    "a.ts:1 has 127 columns",
    "a.ts:3 has 125 columns",
    "a.ts:5 has 123 columns",
  ]);
});

test("undocumented() counts what is exported and names what has no comment", () => {
  const text = "/** One. */\nexport const a = 1;\n\nexport function b() {}\nexport type { C } from './c.ts';\n";
  assert.equal(undocumented(sourcesOf({ "a.ts": text })), { exported: 2, bare: ["a.ts:4 export function b() {}"] });
});

test.run();
