/**
 * The archive engine alone, without a medium around it, compiled as dist/mondo is:
 * engine backup TREE SET · engine restore SET TARGET · engine extract SET TARGET PATH
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { extractArchive } from "../../src/archive/extract.ts";
import type { ArchiveSet, Problem } from "../../src/archive/types.ts";
import { writeArchive } from "../../src/archive/write.ts";
import { silentReporter } from "../../src/base/report.ts";
import { restartForArchives } from "../../src/host/restart.ts";
import { processorCount, threadJob } from "../../src/host/threads.ts";
import { runThreadJob } from "../../src/thread-jobs.ts";

const threads = processorCount();

async function backup(tree: string, directory: string): Promise<readonly Problem[]> {
  const scope = { include: ["/"], exclude: [], mounts: ["/"] };
  const { problems, ...set } = await writeArchive({ root: tree, scope, directory, level: 3, threads }, silentReporter);
  writeFileSync(join(directory, "set.json"), JSON.stringify(set));
  return problems;
}

async function restore(directory: string, target: string, path?: string): Promise<readonly Problem[]> {
  const manifest = JSON.parse(readFileSync(join(directory, "set.json"), "utf8")) as ArchiveSet;
  const select = path === undefined ? {} : { select: (entry: { readonly path: string }) => entry.path === path };
  const result = await extractArchive({ directory, manifest, target, threads, ...select }, silentReporter);
  if (result.entries === 0) throw new Error(`nothing was restored from ${directory}`);
  return result.problems;
}

async function main([verb, from = "", to = "", path]: readonly string[]): Promise<number> {
  const problems = verb === "backup" ? await backup(from, to) : await restore(from, to, path);
  for (const problem of problems) process.stderr.write(`${problem.path}: ${problem.reason}\n`);
  return problems.length === 0 ? 0 : 1;
}

const job = threadJob();
if (job !== undefined) runThreadJob(job);
else restartForArchives();
if (job === undefined) void main(process.argv.slice(2)).then((code) => process.exit(code));
