import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BackupRequest } from "../../src/backup/request.ts";
import type { SnapshotWish } from "../../src/backup/snapshot/snapshot-wish.ts";
import type { ViewWish } from "../../src/backup/snapshot/with-view.ts";
import type { Reporter } from "../../src/base/report.ts";
import { silentReporter } from "../../src/base/report.ts";
import type { Layout } from "../../src/layout/types.ts";
import { sh } from "./loop-disk.ts";

/** A run of the machine with the number 12345678. */
export const RUN = "12345678-00000001";

/** Reads what is mounted at some places of this machine from snapshots. */
export function viewWish(layout: Layout, snapshot: SnapshotWish, include: readonly string[], run = RUN): ViewWish {
  const request: BackupRequest = {
    ...{ root: "/", directory: "/nowhere", prefix: "p", setName: "p", diffLevel: 0, parent: undefined, content: false },
    ...{ include, exclude: [], excludeDevices: [], imageDevices: [], kernel: undefined, scratch: undefined },
    ...{ temp: undefined, level: 1, codec: "zstd", threads: 2, mediaBytes: undefined, restoreByDefault: false },
    ...{ eject: false, snapshots: false, snapshot },
  };
  return { request, layout, chosen: { include, exclude: [] }, run };
}

/** A reporter that keeps what it is told. */
export function listening(): Reporter & { readonly said: string[] } {
  const said: string[] = [];
  const take = (text: string) => void said.push(text);
  return { ...silentReporter, said, info: take, warn: take };
}

/** Makes a directory of the machine with a file in it, and mounts something on it before. */
export function mounted(device: string, path: string, options = "defaults"): string {
  mkdirSync(path, { recursive: true });
  sh(["mount", "-o", options, device, path]);
  writeFileSync(join(path, "file"), "before");
  return path;
}

/** What LVM and the kernel have that the work of a backup must not leave. */
export function traces(): string[] {
  const volumes = sh(["lvm", "lvs", "--noheadings", "-a", "-o", "vg_name,lv_name"]).split("\n");
  const mounts = sh(["cat", "/proc/self/mountinfo"]).split("\n");
  return [...volumes, ...mounts].filter((line) => line.includes("mondo-snapshot") || line.includes("/run/mondo/view"));
}
