import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { bash } from "../support/shell.ts";

/** A tree to be archived. */
export interface Tree {
  readonly name: string;
  readonly says: string;
  readonly path: string;
  readonly bytes: number;
  readonly entries: number;
  /** Path in the tree of one ordinary file, for single-file restores; absent when the tree is one file. */
  readonly sample?: string;
}

export interface TreeSizes {
  readonly usrMB: number;
  readonly fileMB: number;
  readonly tinyFiles: number;
}

/**
 * The paths below /usr two levels deep, by name, up to a size: programs, libraries and data in a mixture that any
 * Debian has.
 */
export async function copyUsr(target: string, megabytes: number): Promise<void> {
  await bash(`cd /usr
find . -xdev -mindepth 2 -maxdepth 2 ! -path './local/*' ! -path './src/*' -printf '%f\\t%P\\n' | LC_ALL=C sort | cut -f2 |
  tr '\\n' '\\0' | du --files0-from=- -s -b |
  awk -F'\\t' '$1 < ${megabytes}e6 / 4 && sum + $1 <= ${megabytes}e6 { sum += $1; print $2 }' |
  tr '\\n' '\\0' > ${target}.list
xargs -0 -n 100000 cp -a --parents -t ${target} < ${target}.list
rm ${target}.list`);
}

/** Text that compresses about 4 to 1 without being one pattern: lines of a log with counters and words. */
function writeCompressible(path: string, megabytes: number): void {
  const words = "disk restore volume archive kernel module started finished error retry queue reader writer".split(" ");
  const file = openSync(path, "w");
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  for (let written = 0; written < megabytes * 1e6; ) {
    const lines: string[] = [];
    for (let i = 0; i < 20_000; i++) {
      const word = () => words[next() % words.length];
      lines.push(
        `2026-01-${10 + (i % 20)} ${i} ${word()}[${next() % 5000}]: ${word()} ${word()} ${next().toString(16)}`,
      );
    }
    written += writeSync(file, `${lines.join("\n")}\n`);
  }
  closeSync(file);
}

const tinyPath = (i: number) => `d${Math.floor(i / 10_000)}/e${Math.floor(i / 100) % 100}/file-${i}`;

function writeTiny(path: string, files: number): void {
  for (let i = 0; i < files; i++) {
    const file = join(path, tinyPath(i));
    if (i % 100 === 0) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${i} ${"setting = value\n".repeat(1 + (i % 40))}`);
  }
}

async function described(name: string, says: string, path: string): Promise<Tree> {
  const [entries, bytes] = (await bash(`find ${path} | wc -l; du -sb ${path} | cut -f1`))
    .trim()
    .split("\n")
    .map(Number);
  const ordinary = name === "tiny" ? "-type f" : "-type f -size +9k -size -100k";
  const listing = `cd ${path}; find . ${ordinary} -printf '%P\\n' | LC_ALL=C sort | awk '{ a[NR] = $0 } END { print a[int(NR * 0.75)] }'`;
  const sample = (await bash(listing)).trim();
  return { name, says, path, entries: entries ?? 0, bytes: bytes ?? 0, ...(sample === "" ? {} : { sample }) };
}

/** Makes the trees of the benchmark below `directory`, those in `names` (all when empty). */
export async function makeTrees(directory: string, sizes: TreeSizes, names: readonly string[]): Promise<Tree[]> {
  const { usrMB, fileMB, tinyFiles } = sizes;
  const makers: readonly [string, string, (path: string) => unknown][] = [
    ["usr", "of this machine's /usr", (path) => copyUsr(path, usrMB)],
    ["text", "one compressible file", (path) => writeCompressible(join(path, "large.log"), fileMB)],
    ["random", "one incompressible file", (path) => bash(`head -c ${fileMB}000000 /dev/urandom > ${path}/random`)],
    ["tiny", "tiny files", (path) => writeTiny(path, tinyFiles)],
  ];
  const trees: Tree[] = [];
  for (const [name, says, make] of makers) {
    if (names.length > 0 && !names.includes(name)) continue;
    const path = join(directory, name);
    mkdirSync(path);
    await make(path);
    trees.push(await described(name, says, path));
  }
  return trees;
}
