/**
 * The archive engine alone, without a medium around it, compiled as dist/mondo is:
 * engine backup TREE SET · engine again TREE SET PARENT · engine night TREE SET PARENT · engine list SET · engine
 * restore SET TARGET · engine extract SET TARGET PATH
 */
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openCatalog } from "../../src/archive/catalog/catalog.ts";
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
  writeFileSync(join(directory, "set.json"), JSON.stringify({ ...set, begun }));
  return problems;
}

/** A differential backup of a tree that has not changed. */
async function again(tree: string, directory: string, parent: string): Promise<readonly Problem[]> {
  const problems = await backup(tree, directory, parent);
  const { storedBytes } = JSON.parse(readFileSync(join(directory, "set.json"), "utf8")) as { storedBytes: number };
  if (storedBytes > 0) throw new Error(`${tree} has changed: ${storedBytes} bytes`);
  return problems;
}

function list(directory: string): readonly Problem[] {
  const catalog = openCatalog(join(directory, savedSet(directory).catalog.name));
  const lines: string[] = [];
  for (const { path } of catalog.entries()) {
    lines.push(`${path}\n`);
    if (lines.length >= 10_000) writeSync(1, lines.splice(0).join(""));
  }
  writeSync(1, lines.join(""));
  return [];
}

async function restore(directory: string, target: string, path?: string): Promise<readonly Problem[]> {
  const manifest = savedSet(directory);
  const select = path === undefined ? {} : { select: (entry: { readonly path: string }) => entry.path === path };
  const result = await extractArchive({ directory, manifest, target, threads, ...select }, silentReporter);
  if (result.entries === 0) throw new Error(`nothing was restored from ${directory}`);
  return result.problems;
}

async function main([verb, from = "", to = "", path]: readonly string[]): Promise<number> {
  const verbs: Readonly<Record<string, () => readonly Problem[] | Promise<readonly Problem[]>>> = {
    backup: () => backup(from, to),
    again: () => again(from, to, path ?? ""),
    night: () => backup(from, to, path),
    list: () => list(from),
    restore: () => restore(from, to),
    extract: () => restore(from, to, path),
  };
  const work = verbs[verb ?? ""];
  if (!work) throw new Error(`no ${verb}: there are ${Object.keys(verbs).join(", ")}`);
  const problems = await work();
  for (const problem of problems) process.stderr.write(`${problem.path}: ${problem.reason}\n`);
  return problems.length === 0 ? 0 : 1;
}

const job = threadJob();
if (job !== undefined) runThreadJob(job);
else restartForArchives();
if (job === undefined) void main(process.argv.slice(2)).then((code) => process.exit(code));
