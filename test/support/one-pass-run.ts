/**
 * A backup but for the probe of the machine and its rescue image: a tree goes into ISO images, as with runBackup().
 * As a program, to be killed at any system call: `bun one-pass-run.ts GROUND [SIZE…]`, or `GROUND directory`.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeArchive } from "../../src/archive/save/write-archive.ts";
import { BOOT_LIST_NAME } from "../../src/archive/set/boot-digests.ts";
import type { Manifest } from "../../src/archive/set/manifest.ts";
import type { BackupResult, DestinationWish, OpenDestination } from "../../src/backup/destination/destination.ts";
import { directorySet } from "../../src/backup/destination/directory-set.ts";
import { adoptKilled } from "../../src/backup/destination/image-names.ts";
import { isoImages } from "../../src/backup/destination/iso-images.ts";
import { clearUp, explainTarget } from "../../src/backup/failed-run.ts";
import type { Job } from "../../src/backup/prepare-backup.ts";
import type { BackupRequest, WorkPlaces } from "../../src/backup/request.ts";
import { type Reporter, silentReporter } from "../../src/base/report.ts";
import type { Host } from "../../src/host/host.ts";
import { linuxHost } from "../../src/host/linux.ts";

/** Where a run works: `tree` is saved, images go to `target`. */
export interface Ground {
  readonly base: string;
  readonly tree: string;
  readonly target: string;
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
}

/** The places below a directory. */
export function groundIn(base: string, mediaBytes?: readonly number[]): Ground {
  const [tree, target, scratch] = ["tree", "target", "scratch"].map((name) => join(base, name));
  if (tree === undefined || target === undefined || scratch === undefined) throw new Error("no places");
  for (const path of [tree, target]) mkdirSync(path, { recursive: true });
  const images = join(target, ".mondo.scratch.00000000-00000000.p");
  const places = {
    iso: join(target, "p-1.iso"),
    scratch,
    images,
    set: join(scratch, "mondo"),
    boot: join(base, "boot"),
  };
  const request = {
    directory: target,
    prefix: "p",
    setName: "p",
    diffLevel: 0,
    root: tree,
    restoreByDefault: false,
    mediaBytes,
  };
  return { base, tree, target, request: request as unknown as BackupRequest, places };
}

/** The same for sets as directories, which are made where they stay; by default in BASE/target. */
export function directoryGroundIn(base: string, target = join(base, "target")): Ground {
  const { places, request, ...ground } = groundIn(base);
  const scratch = join(target, ".mondo.scratch.00000000-00000000.p");
  return {
    ...{ ...ground, target, request: { ...request, directory: target, medium: { kind: "directory" } } },
    places: { ...places, scratch, images: scratch, set: join(scratch, "mondo"), boot: join(scratch, "boot") },
  };
}

const HEAD: Pick<Manifest, "format" | "version" | "tool" | "host" | "layout" | "options" | "prefix"> = {
  ...{ format: "mondo-set", version: 1, prefix: "p" },
  tool: { version: "1", commit: "c" },
  host: { name: "h", os: "o", kernel: "k", arch: "a" },
  layout: { version: 1, nodes: [] },
  options: { restoreByDefault: false, eject: true, excluded: [] },
};

export interface OnePassOptions {
  readonly headBytes?: number;
  readonly host?: Host;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  readonly onSaved?: () => void;
  /** Default: ISO images in the target. */
  readonly open?: OpenDestination;
}

/** Saves the tree of a ground. Whatever happens, the run's directories are removed at the end, as in a backup. */
export async function onePass(ground: Ground, options: OnePassOptions = {}): Promise<BackupResult> {
  const { headBytes = 512 << 10, host = linuxHost(), reporter = silentReporter, open = isoImages } = options;
  const signal = options.signal ?? new AbortController().signal;
  const { request, places } = ground;
  const created = Math.floor(host.nowMs() / 1000);
  const source = { host: HEAD.host } as Job["source"];
  const told = { set: crypto.randomUUID(), created, source, headBytes, contentBytes: 0 };
  const job = { request, places, ...told } as unknown as Job;
  adoptKilled(host, request, reporter);
  for (const path of [places.set, places.boot]) mkdirSync(path, { recursive: true });
  const [kernelPath, initrdPath] = [join(places.boot, "vmlinuz"), join(places.boot, "initrd.img")];
  for (const path of [kernelPath, initrdPath]) writeFileSync(path, new Uint8Array(300_000).fill(7));
  try {
    const image = { kernelPath, initrdPath } as DestinationWish["image"];
    const { sink, volumeBytes, finish } = await open(host, { job, image, signal }, reporter);
    const scope = { include: ["/"], exclude: [], mounts: ["/"] };
    const saved = { root: ground.tree, scope, directory: places.set, level: 1, threads: 0, volumeBytes };
    const result = await writeArchive({ ...saved, ...(sink ? { sink } : {}) }, reporter, signal);
    options.onSaved?.();
    const { storedBytes: _, removed: __, ...more } = result;
    const lists = { volumes: [...result.volumes], problems: [...result.problems] };
    const manifest: Manifest = { ...HEAD, ...more, ...lists, set: job.set, created, boot: BOOT_LIST_NAME };
    return await finish(manifest, reporter, signal);
  } catch (error) {
    throw explainTarget(error, request);
  } finally {
    clearUp(host, places, reporter);
  }
}

if (import.meta.main) {
  const [, , base = "", ...sizes] = process.argv;
  if (!existsSync(base)) throw new Error("no ground");
  const isDirectory = sizes[0] === "directory";
  const images = () => groundIn(base, sizes.length === 0 ? undefined : sizes.map(Number));
  const { made, manifest } = isDirectory
    ? await onePass(directoryGroundIn(base), { open: directorySet })
    : await onePass(images());
  process.stdout.write(`${JSON.stringify({ made, set: manifest.set })}\n`);
}
