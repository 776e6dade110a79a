/** The archive engine beside its peers: the same trees, in turn, in one run. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bash, run } from "../support/shell.ts";
import { type Archiver, archivers } from "./archivers.ts";
import { type Cost, measure, medianCost, medianRatio } from "./measure.ts";
import { withFileSystem } from "./scratch.ts";
import { megabytes, seconds, table, times } from "./table.ts";
import { makeTrees, type Tree, type TreeSizes } from "./trees.ts";

export interface ArchiveBenchOptions {
  readonly sizes: TreeSizes;
  /** Names of trees; all when empty. */
  readonly trees: readonly string[];
  /** First words of archivers' names, besides `tar`, which all are compared with; all when empty. */
  readonly archivers: readonly string[];
  readonly rounds: number;
  /** Also with nothing cached at the start of each command. */
  readonly cold: boolean;
  readonly say: (line: string) => void;
}

/** What one archiver did with one tree. */
interface Outcome {
  readonly backup: Cost[];
  readonly restore: Cost[];
  readonly extract: Cost[];
  readonly again: Cost[];
  /** `find -printf` of the same tree, next to each of `again`. */
  readonly listed: Cost[];
  storedBytes: number;
}

/** Backup and restore that take longer than this together are run once only. */
const LONG_SECONDS = 180;

/** A backup is done when it is on the disk: mondo, restic and borg see to that themselves, so the others do as well. */
const TO_DISK = 'find "$set" -type f -exec sync {} +';

/** What a differential backup has to look at, at least. */
const LIST = `find "$tree" -printf '%P %T@ %C@ %i %s %m %U %G\\n' >/dev/null`;

const repository = join(import.meta.dirname, "../..");

function emptied(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** Nothing of the last command's writing goes on during the next one. */
async function settled(cold: boolean): Promise<void> {
  await run(["sync"]);
  if (cold) writeFileSync("/proc/sys/vm/drop_caches", "3");
}

/** Every file is back with its content: names, types and sizes of all, content of a sample. */
async function checkRestored(tree: Tree, target: string): Promise<void> {
  const listing = (path: string) => `cd ${path}; find . -printf '%y %m %P %l\\n' | LC_ALL=C sort | sha256sum`;
  const content = (path: string) =>
    `cd ${path}; find . -type f -print0 | LC_ALL=C sort -z | awk 'BEGIN { RS = ORS = "\\0" } NR % 50 == 1' | xargs -0 sha256sum | sha256sum`;
  for (const script of [listing, content]) {
    const [before, after] = [await bash(script(tree.path)), await bash(script(target))];
    if (before !== after) throw new Error(`${target} differs from ${tree.path}`);
  }
}

class ArchiveBench {
  readonly #work: string;
  readonly #cold: boolean;
  readonly #say: (line: string) => void;

  constructor(work: string, cold: boolean, say: (line: string) => void) {
    this.#work = work;
    this.#cold = cold;
    this.#say = say;
  }

  async #measured(script: string, env: Record<string, string>): Promise<Cost> {
    await settled(this.#cold);
    return await measure(script, { env });
  }

  /**
   * Removes what a round has left. Not between runs: ext4 makes files several times slower while blocks that were just
   * freed wait.
   */
  async clear(): Promise<void> {
    rmSync(join(this.#work, "runs"), { recursive: true, force: true });
    await run(["sync"]);
    await Bun.sleep(6_000);
  }

  /** One backup, restore and single-file restore; the first restore is compared with the tree. */
  async once(archiver: Archiver, tree: Tree, outcome: Outcome): Promise<void> {
    const own = join(this.#work, "runs", archiver.name.replaceAll(/\W+/g, "-"));
    const [set, home] = [emptied(join(own, "set")), emptied(join(own, "home"))];
    const env = { tree: tree.path, set, home, target: "", sample: tree.sample ?? "" };
    if (archiver.prepare) await measure(archiver.prepare, { env });
    if (!this.#cold) await bash(`tar -C ${tree.path} -cf - . | cat > /dev/null`);
    outcome.backup.push(await this.#measured(`${archiver.backup}\n${TO_DISK}`, env));
    outcome.storedBytes = Number((await bash(`du -sb ${set} | cut -f1`)).trim());
    if (archiver.again !== undefined) {
      outcome.listed.push(await this.#measured(LIST, env));
      outcome.again.push(await this.#measured(archiver.again, { ...env, again: emptied(join(own, "again")) }));
    }
    const target = emptied(join(own, "target"));
    outcome.restore.push(await this.#measured(archiver.restore, { ...env, target }));
    if (outcome.restore.length === 1) await checkRestored(tree, await restoredRoot(tree, target));
    if (tree.sample !== undefined && archiver.extract !== "") {
      const alone = emptied(join(own, "alone"));
      outcome.extract.push(await this.#measured(archiver.extract, { ...env, target: alone }));
      const back = join(await restoredRoot(tree, alone), tree.sample);
      await run(["cmp", join(tree.path, tree.sample), back]);
    }
    const { wallSeconds } = outcome.backup.at(-1) ?? { wallSeconds: 0 };
    const restored = outcome.restore.at(-1)?.wallSeconds ?? 0;
    this.#say(`${tree.name}: ${archiver.name}: backup ${seconds(wallSeconds)}, restore ${seconds(restored)}`);
  }
}

/** fsarchiver puts a tree below its whole path. */
async function restoredRoot(tree: Tree, target: string): Promise<string> {
  const nested = join(target, tree.path);
  return (await bash(`if [ -d ${nested} ]; then echo ${nested}; else echo ${target}; fi`)).trim();
}

/** Time, its ratio, ratio of processor time and memory. */
function columns(costs: readonly Cost[], reference: readonly Cost[]): string[] {
  const { wallSeconds, peakBytes } = medianCost(costs);
  const wall = times(medianRatio(costs, reference, "wallSeconds"));
  return [seconds(wallSeconds), wall, times(medianRatio(costs, reference, "cpuSeconds")), megabytes(peakBytes)];
}

function rows(outcomes: ReadonlyMap<Archiver, Outcome>): string[][] {
  const [reference] = outcomes.values();
  if (!reference) return [];
  return [...outcomes].map(([{ name }, { backup, restore, extract, storedBytes }]) => [
    name,
    ...columns(backup, reference.backup),
    megabytes(storedBytes),
    times(storedBytes / reference.storedBytes),
    ...columns(restore, reference.restore),
    extract.length === 0 ? "–" : seconds(medianCost(extract).wallSeconds),
  ]);
}

/** How long the differential backup of the unchanged tree took, beside `find`. */
function againLines(outcomes: ReadonlyMap<Archiver, Outcome>): string[] {
  return [...outcomes].flatMap(([{ name }, { again, listed }]) => {
    if (again.length === 0) return [];
    const { wallSeconds, peakBytes } = medianCost(again);
    const ratio = times(medianRatio(again, listed, "wallSeconds"));
    return [
      `Again, unchanged: ${name} ${seconds(wallSeconds)}, ${ratio} of find -printf, peak ${megabytes(peakBytes)}.`,
    ];
  });
}

const head = "|backup|ratio|CPU|peak|size|ratio|restore|ratio|CPU|peak|one file".split("|");

async function benchTree(tree: Tree, list: readonly Archiver[], bench: ArchiveBench, rounds: number): Promise<string> {
  const outcomes = new Map<Archiver, Outcome>(
    list.map((one) => [one, { backup: [], restore: [], extract: [], again: [], listed: [], storedBytes: 0 }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [archiver, outcome] of outcomes) {
      const spent = (outcome.backup[0]?.wallSeconds ?? 0) + (outcome.restore[0]?.wallSeconds ?? 0);
      if (spent < LONG_SECONDS) await bench.once(archiver, tree, outcome);
    }
    await bench.clear();
  }
  return [table(head, rows(outcomes)), ...againLines(outcomes)].join("\n\n");
}

/** Runs the benchmark and returns its Markdown. Ratios are to `tar | zstd`: below 1 is less time or less space. */
export async function benchArchive(options: ArchiveBenchOptions): Promise<string> {
  const { say, rounds, cold } = options;
  const engine = join(repository, "out/bench/engine");
  await run([process.execPath, join(repository, "build.ts"), "test/bench/engine.ts", "out/bench/engine"]);
  return await withFileSystem(async (work) => {
    mkdirSync(join(work, "trees"));
    const list = archivers(engine, navigator.hardwareConcurrency).filter(({ name }) => {
      const word = name.split(" ")[0] ?? "";
      return options.archivers.length === 0 || word === "tar" || options.archivers.includes(word);
    });
    const parts: string[] = [];
    for (const tree of await makeTrees(join(work, "trees"), options.sizes, options.trees)) {
      for (const isCold of cold ? [false, true] : [false]) {
        const title = `${tree.name}: ${tree.says}, ${tree.entries} entries, ${megabytes(tree.bytes)}, ${isCold ? "caches dropped" : "cached"}`;
        say(title);
        parts.push(`### ${title}\n\n${await benchTree(tree, list, new ArchiveBench(work, isCold, say), rounds)}`);
      }
    }
    return parts.join("\n\n");
  });
}
