/**
 * The archive engine alone, without a medium around it, compiled as dist/mondo is:
 * engine backup TREE SET · engine again TREE SET PARENT · engine restore SET TARGET · engine extract SET TARGET PATH
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../src/archive/entry.ts";
import { extractArchive } from "../../src/archive/extract/extract-archive.ts";
import { writeArchive } from "../../src/archive/save/write-archive.ts";
import type { ParentRequest } from "../../src/archive/set/parent.ts";
import type { ArchiveSet } from "../../src/archive/set-files.ts";
import { silentReporter } from "../../src/base/report.ts";
import { restartForArchives } from "../../src/host/restart.ts";
import { processorCount, threadJob } from "../../src/host/threads.ts";
import { runThreadJob } from "../../src/thread-jobs.ts";

const threads = processorCount();

type SavedSet = ArchiveSet & { readonly begun: number };

function savedSet(directory: string): SavedSet {
  return JSON.parse(readFileSync(join(directory, "set.json"), "utf8")) as SavedSet;
}

function parentOf(directory: string): ParentRequest {
  const { volumes, catalog, begun } = savedSet(directory);
  const path = join(directory, catalog.name);
  return { catalog: path, volumes: volumes.length, created: begun, troubled: new Set(), content: false };
}

/** A full backup; with the directory of an earlier one, what differs from that. */
async function backup(tree: string, directory: string, parent?: string): Promise<readonly Problem[]> {
  const begun = Math.floor(Date.now() / 1000);
  const request = { root: tree, scope: { include: ["/"], exclude: [], mounts: ["/"] }, directory, level: 3, threads };
  const older = parent === undefined ? {} : { parent: parentOf(parent) };
  const { problems, ...set } = await writeArchive({ ...request, ...older }, silentReporter);
  if (parent !== undefined && set.storedBytes > 0) throw new Error(`${tree} has changed: ${set.storedBytes} bytes`);
  writeFileSync(join(directory, "set.json"), JSON.stringify({ ...set, begun }));
  return problems;
}

async function restore(directory: string, target: string, path?: string): Promise<readonly Problem[]> {
  const manifest = savedSet(directory);
  const select = path === undefined ? {} : { select: (entry: { readonly path: string }) => entry.path === path };
  const result = await extractArchive({ directory, manifest, target, threads, ...select }, silentReporter);
  if (result.entries === 0) throw new Error(`nothing was restored from ${directory}`);
  return result.problems;
}

async function main([verb, from = "", to = "", path]: readonly string[]): Promise<number> {
  const isBackup = verb === "backup" || verb === "again";
  const problems = isBackup ? await backup(from, to, path) : await restore(from, to, path);
  for (const problem of problems) process.stderr.write(`${problem.path}: ${problem.reason}\n`);
  return problems.length === 0 ? 0 : 1;
}

const job = threadJob();
if (job !== undefined) runThreadJob(job);
else restartForArchives();
if (job === undefined) void main(process.argv.slice(2)).then((code) => process.exit(code));
