/**
 * Runs suites, two jobs at a time where they leave a processor idle, and ends with one line that counts everything: `N
 * passed, N failed`. Usage: bun test/run.ts [check] [unit] [slow] [cli] [kernel] [vm]
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { inUml } from "./support/uml.ts";

const root = join(import.meta.dirname, "..");

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Tests that need something which this machine lacks. */
  readonly skipped?: number;
}

type Write = (text: string) => void;

/** Something that is run as a whole and counted. */
interface Job {
  readonly name: string;
  /** Uses all processors by itself. */
  readonly alone?: boolean;
  /** Looks at all devices of this machine, and makes some: one such at a time. */
  readonly devices?: boolean;
  readonly run: (write: Write) => Promise<Count>;
}

/** Runs a command; its output is handed on as it comes, and returned. */
async function shown(
  argv: readonly string[],
  write: Write,
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
    write(piece);
    text += piece;
  }
  return { code: await child.exited, text };
}

async function check(write: Write): Promise<Count> {
  let failed = 0;
  const steps = ["node_modules/.bin/biome check .", "node_modules/.bin/tsc"];
  for (const step of steps) {
    const { code } = await shown(step.split(" "), write);
    write(`${code === 0 ? "ok" : "FAILED"}: ${step}\n`);
    if (code !== 0) failed += 1;
  }
  return { passed: steps.length - failed, failed };
}

const uvuCommand = (files: string) => [process.execPath, "node_modules/uvu/bin.js", "test", `^(${files})[.]test[.]ts$`];
const colourless = { NO_COLOR: "1", FORCE_COLOR: "0" };

/** What uvu says at its end. */
function countOf(text: string, code: number): Count {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  const total = Number(/Total:\s+(\d+)/.exec(plain)?.[1] ?? 0);
  const passed = Number(/Passed:\s+(\d+)/.exec(plain)?.[1] ?? 0);
  const skipped = Number(/Skipped:\s+(\d+)/.exec(plain)?.[1] ?? 0);
  // A file that dies before its tests are counted shows only in the exit code; no test at all is a failure too.
  const failed = Math.max(total - passed, code === 0 && total > 0 ? 0 : 1);
  return { passed, failed, skipped };
}

/** How long each file took, by the line that names it: that tells what to look at when the whole takes too long. */
class FileClock {
  #name = "loading";
  #since = Date.now();
  #line = "";
  readonly #seconds: [name: string, seconds: number][] = [];

  take(piece: string): void {
    const lines = `${this.#line}${piece}`.split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) if (/^\S+[.]test[.]ts$/.test(line)) this.#next(line);
  }

  #next(name: string): void {
    this.#seconds.push([this.#name, (Date.now() - this.#since) / 1000]);
    this.#name = name;
    this.#since = Date.now();
  }

  /** Those that took longest, longest first. */
  slowest(count: number): string {
    this.#next("");
    const sorted = this.#seconds.sort((a, b) => b[1] - a[1]).slice(0, count);
    return sorted.map(([name, seconds]) => `${name.replace(".test.ts", "")} ${seconds.toFixed(0)} s`).join(", ");
  }
}

/** All test files that a pattern names, in one process. */
const uvu = (name: string, files: string, devices: boolean): Job => ({
  name,
  devices,
  async run(write) {
    const clock = new FileClock();
    const both: Write = (piece) => {
      clock.take(piece);
      write(piece);
    };
    const { code, text } = await shown(uvuCommand(files), both, colourless);
    write(`  longest: ${clock.slowest(12)}\n`);
    return countOf(text, code);
  },
});

/**
 * A test file that needs md and device mapper, on a kernel of its own: in User-Mode Linux, whatever this machine's can
 * do.
 */
const kernel = (file: string): Job => ({
  name: `kernel/${file}`,
  async run(write) {
    const command = uvuCommand(`kernel/${file}`).map((word) => `'${word}'`);
    const text = await inUml(`cd ${root}\n${command.join(" ")} 2>&1 || echo "exit $?"`, {
      memoryMiB: 2048,
      timeoutMs: 1_800_000,
    });
    write(text);
    return countOf(text, /^exit \d+$/m.test(text) ? 1 : 0);
  },
});

async function vm(write: Write): Promise<Count> {
  const { code, text } = await shown([process.execPath, "test/vm/run.ts"], write);
  const line = /^(\d+) passed, (\d+) failed/m.exec(text);
  if (!line) return { passed: 0, failed: 1 };
  const failed = Number(line[2]);
  return { passed: Number(line[1]), failed: code !== 0 && failed === 0 ? 1 : failed };
}

function kernelFiles(quick: boolean): readonly string[] {
  const names = readdirSync(join(root, "test/kernel")).flatMap((name) => /^(.*)[.]test[.]ts$/.exec(name)?.[1] ?? []);
  return names.filter((name) => QUICK.includes(name) === quick).sort();
}

/**
 * Contract tests that take minutes: those of servers that go away, drives, power cuts, screens once more in French.
 * With the kernel tests that are not QUICK, `make test-vm` runs them.
 */
const SLOW = "contract/(network|two-servers|discs|tape-drive|keep-files|parts|ftp-store|screens-french)";
/** Contract tests that look at no devices of this machine: of servers and screens. */
const SERVERS = "contract/(dav-store|dhcp|ftp|https|ipv6|s3-store|ssh-store|screens|files-screens|status-[a-z]*)";
/** Kernel tests that end within three minutes. */
const QUICK = ["array-tables", "fit-volumes", "keep", "search-volumes", "writable"];

const suites: Readonly<Record<string, () => readonly Job[]>> = {
  check: () => [{ name: "check", alone: true, run: check }],
  unit: () => [
    uvu("contract", `(?!(${SLOW}|${SERVERS})[.])contract/.*`, true),
    uvu("unit", "(unit|arch)/.*", false),
    uvu("servers", SERVERS, false),
  ],
  slow: () => [uvu("slow", SLOW, true), ...kernelFiles(false).map(kernel)],
  cli: () => [uvu("cli", "cli/.*", true)],
  kernel: () => kernelFiles(true).map(kernel),
  vm: () => [{ name: "vm", alone: true, run: vm }],
};

function jobsOf(names: readonly string[]): readonly Job[] {
  const unknown = names.find((name) => !Object.hasOwn(suites, name));
  if (unknown !== undefined) throw new Error(`no suite "${unknown}": ${Object.keys(suites).join(", ")}`);
  return names.flatMap((name) => suites[name]?.() ?? []);
}

async function runOne({ name, run }: Job, write: Write): Promise<Count> {
  const started = Date.now();
  const count: Count = await run(write).catch((error: unknown) => {
    write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { passed: 0, failed: 1 };
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  const skipped = count.skipped ? `, ${count.skipped} skipped` : "";
  write(`-- ${name}: ${count.passed} passed, ${count.failed} failed${skipped} in ${seconds} s\n`);
  return count;
}

/** Two at a time; what each says comes in one piece, when it has ended. */
async function runTogether(jobs: readonly Job[]): Promise<readonly Count[]> {
  const counts: Count[] = [];
  const waiting = [...jobs];
  const running = new Set<Job>();
  const next = () => {
    const busy = [...running].some(({ devices }) => devices);
    const at = waiting.findIndex(({ devices }) => !(devices && busy));
    return at < 0 ? undefined : waiting.splice(at, 1)[0];
  };
  const worker = async () => {
    for (let job = next(); job !== undefined; job = next()) {
      running.add(job);
      let text = `== ${job.name}\n`;
      counts.push(
        await runOne(job, (piece) => {
          text += piece;
        }),
      );
      process.stdout.write(text);
      running.delete(job);
    }
  };
  await Promise.all([worker(), worker()]);
  return counts;
}

async function runAlone(job: Job): Promise<Count> {
  process.stdout.write(`== ${job.name}\n`);
  return runOne(job, (text) => process.stdout.write(text));
}

/** Jobs that may run together, in order; one that needs the machine for itself makes a stage of its own. */
function stagesOf(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const stages: Job[][] = [];
  for (const job of jobs) {
    const last = stages.at(-1);
    if (last === undefined || job.alone || last.some(({ alone }) => alone)) stages.push([job]);
    else last.push(job);
  }
  return stages;
}

const counts: Count[] = [];
for (const stage of stagesOf(jobsOf(process.argv.slice(2)))) {
  const [only, ...others] = stage;
  if (only !== undefined) counts.push(...(others.length === 0 ? [await runAlone(only)] : await runTogether(stage)));
}
const sum = (of: (count: Count) => number) => counts.reduce((total, count) => total + of(count), 0);
const passed = sum((count) => count.passed);
const failed = sum((count) => count.failed);
const skipped = sum((count) => count.skipped ?? 0);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
