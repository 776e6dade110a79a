/** Mounts of our own, which nobody else sees and which are gone with this process. */

import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { startLineChild } from "../../host/line-child.ts";
import { holdMounts } from "../../host/own-mounts.ts";
import type { BtrfsOrigin } from "./choose-snapshots.ts";
import { topPlace, type ViewStep } from "./view-plan.ts";
import { VIEW_TASK, type ViewQuestion } from "./view-task.ts";

const MOUNT_MS = 120_000;
const END_MS = 10_000;
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** A mount namespace that a child makes, and this process holds. */
export interface ViewMounts {
  /** Carries steps out, in order. Throws `system`. */
  mount(steps: readonly ViewStep[]): Promise<void>;
  /** A path by which this process reaches a directory there, until the end. */
  open(path: string): string;
  close(): Promise<void>;
}

/** Starts the child. Throws `system` where that is not permitted. */
export async function openViewMounts(): Promise<ViewMounts> {
  const child = startLineChild([VIEW_TASK], ENVIRONMENT);
  try {
    await child.ask<object>({ steps: [] } satisfies ViewQuestion, MOUNT_MS);
    const held = holdMounts(child.pid);
    return {
      mount: async (steps) => void (await child.ask<object>({ steps } satisfies ViewQuestion, MOUNT_MS)),
      open: (path) => held.open(path),
      async close() {
        held.close();
        await child.end(END_MS);
      },
    };
  } catch (cause) {
    await child.end(END_MS);
    throw new MondoError("system", msg`mounts of its own can't be had: ${messageOf(cause)}`, { cause });
  }
}

/** The device that a btrfs is mounted from. */
function sourceOf(host: Pick<Host, "tryReadText">, path: string): string {
  const lines = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "");
  const line = lines.find((one) => one.path === path && one.type === "btrfs");
  if (line) return line.source;
  throw new MondoError("not-found", msg`${path} is no longer mounted`);
}

/** Mounts the top level of a btrfs; returns where, and how this process reaches it. */
export async function openTop(
  host: Host,
  mounts: ViewMounts,
  { path }: Pick<BtrfsOrigin, "path">,
  number: number,
): Promise<{ readonly place: string; readonly top: string }> {
  const place = topPlace(number);
  await mounts.mount([{ do: "mount", source: sourceOf(host, path), target: place, type: "btrfs", data: "subvolid=5" }]);
  return { place, top: mounts.open(place) };
}
