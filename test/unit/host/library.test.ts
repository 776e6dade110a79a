import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { library } from "../../../src/host/library.ts";

/** The program, in a runtime that makes no machine code, as SELinux without execmem has it. */
function confined(...words: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(
    [process.execPath, join(import.meta.dirname, "../../../src/main.ts"), ...words],
    { env: { ...process.env, LC_ALL: "C", BUN_JSC_useJIT: "0" } },
  );
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("library() gives the functions of a library, and throws of one that isn't there", () => {
  assert.is(library("libc.so.6", { toupper: { args: ["i32"], returns: "i32" } }).toupper(97), 65);
  assert.throws(() => library("libnowhere.so.0", { f: { args: [], returns: "i32" } }), /libnowhere/);
});

test("a program that may not make machine code says so in one sentence, and what to do", () => {
  const { exitCode, out, err } = confined("layout");
  assert.is(exitCode, 1);
  assert.is(out, "");
  assert.match(err, /^mondo: mondo may not make machine code while it runs on this machine \(execmem\)\n {2}[^\n]+\n$/);
  assert.match(err, `chcon -t unconfined_execmem_exec_t ${process.execPath}, `);
});

test("help and version need no machine code", () => {
  assert.match(confined("--version").out, /^mondo /);
  assert.is(confined("archive", "--help").exitCode, 0);
});

test.run();
