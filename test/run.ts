/**
 * Runs suites one after the other and ends with one line that counts everything: `N passed, N failed`.
 * Usage: bun test/run.ts [check] [unit] [cli] [kernel] [vm]
 */
import { join } from "node:path";
import { inUml } from "./support/uml.ts";

const root = join(import.meta.dirname, "..");

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Runs a command with its output shown, and returned. */
async function shown(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; text: string }> {
  const child = Bun.spawn([...argv], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...process.env, ...env },
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const piece = decoder.decode(chunk, { stream: true });
    process.stdout.write(piece);
    text += piece;
  }
  return { code: await child.exited, text };
}

async function check(): Promise<Count> {
  let failed = 0;
  const steps = ["node_modules/.bin/biome check .", "node_modules/.bin/tsc"];
  for (const step of steps) {
    const { code } = await shown(step.split(" "));
    process.stdout.write(`${code === 0 ? "ok" : "FAILED"}: ${step}\n`);
    if (code !== 0) failed += 1;
  }
  return { passed: steps.length - failed, failed };
}

const uvuCommand = (folders: string) => [
  ...[process.execPath, "node_modules/uvu/bin.js", "test", `(${folders})/.*[.]test[.]ts$`],
];
const colourless = { NO_COLOR: "1", FORCE_COLOR: "0" };

/** What uvu says at its end. */
function countOf(text: string, code: number): Count {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  const total = Number(/Total:\s+(\d+)/.exec(plain)?.[1] ?? 0);
  const passed = Number(/Passed:\s+(\d+)/.exec(plain)?.[1] ?? 0);
  // A file that dies before its tests are counted shows only in the exit code; no test at all is a failure too.
  const failed = Math.max(total - passed, code === 0 && total > 0 ? 0 : 1);
  return { passed, failed };
}

/** Runs test files by the folders that they are in, all in one process. */
async function uvu(folders: string): Promise<Count> {
  const { code, text } = await shown(uvuCommand(folders), colourless);
  return countOf(text, code);
}

/** The tests that need md and device mapper, on a kernel of their own: in User-Mode Linux, whatever this machine's can do. */
async function kernel(): Promise<Count> {
  const command = uvuCommand("kernel").map((word) => `'${word}'`);
  const text = await inUml(`cd ${root}\n${command.join(" ")} 2>&1 || echo "exit $?"`, {
    memoryMiB: 2048,
    timeoutMs: 1_800_000,
  });
  process.stdout.write(text);
  return countOf(text, /^exit \d+$/m.test(text) ? 1 : 0);
}

async function vm(): Promise<Count> {
  const { code, text } = await shown([process.execPath, "test/vm/run.ts"]);
  const line = /^(\d+) passed, (\d+) failed/m.exec(text);
  if (!line) return { passed: 0, failed: 1 };
  const failed = Number(line[2]);
  return { passed: Number(line[1]), failed: code !== 0 && failed === 0 ? 1 : failed };
}

const suites: Readonly<Record<string, () => Promise<Count>>> = {
  check,
  unit: () => uvu("unit|arch|contract"),
  cli: () => uvu("cli"),
  kernel,
  vm,
};
let passed = 0;
let failed = 0;
for (const name of process.argv.slice(2)) {
  const suite = suites[name];
  if (!suite) throw new Error(`no suite "${name}"`);
  process.stdout.write(`== ${name}\n`);
  const count = await suite();
  passed += count.passed;
  failed += count.failed;
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
