/** Numbers and flags are those of the kernel's headers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { callNumbersOf } from "../../../src/host/call-numbers.ts";
import { ownFlagsOf } from "../../../src/host/syscalls.ts";
import { needing } from "../../support/needing.ts";

const compilers = { x86_64: "gcc", aarch64: "aarch64-linux-gnu-gcc" } as const;
const names: Readonly<Record<keyof typeof callNumbersOf.x86_64, string>> = {
  syslog: "syslog",
  initModule: "init_module",
  getdents64: "getdents64",
  mknodat: "mknodat",
  finitModule: "finit_module",
  memfdCreate: "memfd_create",
  kexecFileLoad: "kexec_file_load",
  openTree: "open_tree",
};

/** What a compiler makes of expressions, after the headers for system calls and open(2). */
function valuesOf(compiler: string, expressions: readonly string[]): readonly number[] {
  const headers = ["#include <sys/syscall.h>", "#include <asm/fcntl.h>"].join("\n");
  const input = `${headers}\n${expressions.map((one) => `mondo: ${one}`).join("\n")}\n`;
  const { stdout } = Bun.spawnSync([compiler, "-E", "-P", "-"], { stdin: Buffer.from(input) });
  return [...stdout.toString().matchAll(/^mondo: (\w+)$/gm)].map(([, value = ""]) => {
    return value.startsWith("0x") || !value.startsWith("0") ? Number(value) : Number.parseInt(value, 8);
  });
}

for (const machine of ["x86_64", "aarch64"] as const) {
  const compiler = compilers[machine];
  needing(test, Bun.which(compiler))(`system calls and flags of open(2) on ${machine}`, () => {
    const calls = Object.entries(names).map(([name, kernels]) => [name, `__NR_${kernels}`] as const);
    const expected = valuesOf(compiler, [...calls.map(([, macro]) => macro), "O_DIRECTORY", "O_NOFOLLOW"]);
    const { directory, noFollow } = ownFlagsOf[machine];
    const numbers: Readonly<Record<string, number>> = callNumbersOf[machine];
    assert.equal([...calls.map(([name]) => numbers[name]), directory, noFollow], expected);
  });
}

test.run();
