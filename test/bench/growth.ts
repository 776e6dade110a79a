/** How time and memory grow with the number of files, and what a night costs in which one file in a hundred changed. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bash, run } from "../support/shell.ts";
import { type Cost, measure } from "./measure.ts";
import { type NightSaver, nightSavers } from "./savers-at-night.ts";
import { withFileSystem } from "./scratch.ts";
import { megabytes, seconds, table } from "./table.ts";
import { makeTrees, type Tree } from "./trees.ts";

export interface GrowthBenchOptions {
  /** Numbers of files. */
  readonly files: readonly number[];
  /** First words of savers' names; all when empty. */
  readonly savers: readonly string[];
  readonly say: (line: string) => void;
}

const repository = join(import.meta.dirname, "../..");

/** Of what is written, at the end of each: it is on the disk. */
const TO_DISK = 'find "$set" "$night" -type f -exec sync {} +';

/** A new text in every hundredth file, and ten new files. */
const CHANGE = `cd "$tree"
find . -type f -name '*00' -print0 | xargs -0 -P 1 -n 1000 sh -c 'for f do echo "changed $0" >> "$f"; done'
mkdir -p new; for i in 0 1 2 3 4 5 6 7 8 9; do echo "$i" > "new/$i"; done`;

const bytesIn = async (path: string) => Number((await bash(`du -sb ${path} | cut -f1`)).trim());

function emptied(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** One program's turn with a tree that is new to it. */
async function turn(saver: NightSaver, tree: Tree, own: string): Promise<string[]> {
  const [set, night, home] = ["set", "night", "home"].map((name) => emptied(join(own, name)));
  const env = { tree: tree.path, set: set ?? "", night: night ?? "", home: home ?? "", sample: tree.sample ?? "" };
  const timed = async (script: string, more: Record<string, string> = {}): Promise<Cost> => {
    await run(["sync"]);
    return await measure(script, { env: { ...env, ...more } });
  };
  if (saver.prepare) await measure(saver.prepare, { env });
  const full = await timed(`${saver.full}\n${TO_DISK}`);
  const stored = await bytesIn(own);
  const list = await timed(`${saver.list} | wc -l`);
  const alone = emptied(join(own, "alone"));
  const one = await timed(saver.extract, { target: alone });
  await run(["cmp", join(tree.path, env.sample), join(alone, env.sample)]);
  const target = emptied(join(own, "target"));
  const restore = await timed(saver.restore, { target });
  const [before, after] = [tree.path, target].map(
    (path) => `find ${path} -printf '%y %m %s %P\\n' | LC_ALL=C sort | sha256sum`,
  );
  if ((await bash(before ?? "")) !== (await bash(after ?? ""))) throw new Error(`${saver.name}: ${target} differs`);
  rmSync(target, { recursive: true });
  // The clock of tar has seconds.
  await Bun.sleep(1100);
  await bash(`tree=${tree.path}\n${CHANGE}`);
  const held = await bytesIn(own);
  const changed = await timed(`${saver.night}\n${TO_DISK}`);
  const more = (await bytesIn(own)) - held;
  return [
    ...[saver.name, seconds(full.wallSeconds), megabytes(full.peakBytes), megabytes(stored)],
    ...[seconds(changed.wallSeconds), megabytes(changed.peakBytes), megabytes(more)],
    ...[seconds(list.wallSeconds), megabytes(list.peakBytes), seconds(one.wallSeconds), megabytes(one.peakBytes)],
    ...[seconds(restore.wallSeconds), megabytes(restore.peakBytes)],
  ];
}

const HEAD = "|full|peak|size|a night|peak|bytes|list|peak|one file|peak|restore|peak".split("|");

/** Runs the benchmark and returns its Markdown. */
export async function benchGrowth({ files, savers, say }: GrowthBenchOptions): Promise<string> {
  const engine = join(repository, "out/bench/engine");
  await run([process.execPath, join(repository, "build.ts"), "test/bench/engine.ts", "out/bench/engine"]);
  const chosen = nightSavers(engine).filter(
    ({ name }) => savers.length === 0 || savers.includes(name.split(" ")[0] ?? ""),
  );
  const parts: string[] = [];
  for (const tinyFiles of files) {
    const rows: string[][] = [];
    for (const saver of chosen) {
      // For each a file system of its own: one that was filled and emptied is slower than a new one.
      const row = await withFileSystem(async (work) => {
        const trees = join(work, "trees");
        mkdirSync(trees);
        const [tree] = await makeTrees(trees, { usrMB: 1, fileMB: 1, tinyFiles }, ["tiny"]);
        if (!tree) throw new Error("there is no tree of tiny files");
        return await turn(saver, tree, join(work, "own"));
      });
      say(`${tinyFiles} files: ${row.slice(0, 2).join(": ")}, a night ${row[4]}, restore ${row[11]}`);
      rows.push(row);
    }
    parts.push(`### ${tinyFiles} files, of which one in a hundred changes in a night\n\n${table(HEAD, rows)}`);
  }
  return parts.join("\n\n");
}
