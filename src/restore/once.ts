import * as v from "valibot";
import { MondoError, messageOf } from "../base/errors.ts";
import { firstBootEntry } from "../formats/boot/grub-menu.ts";
import { loadKernel, unloadKernel } from "../host/kexec.ts";
import { mountHolding, nodesBelow } from "../layout/graph.ts";
import { type Layout, type Mount, nodeById } from "../layout/types.ts";
import { describeMachine } from "../probe/describe-volumes.ts";
import { readDevices } from "../probe/read-devices.ts";
import { activateVolumes } from "../run/activate.ts";
import { unmountTree } from "../run/chroot.ts";
import type { RestoreContext } from "./context.ts";
import { filesystemFinder, mountForReading } from "./saved-mounts.ts";

/** Where a restored machine says which request restored it: what GRUB reads is never encrypted. */
const MARKER = "/boot/mondo-restored.json";

const markerSchema = v.object({ request: v.string(), set: v.string(), restored: v.number() });
type Marker = v.InferOutput<typeof markerSchema>;

/** Leaves word of the request in the restored system, which is mounted at the context's root. */
export function leaveMarker({ host, root, once, manifest, reporter }: RestoreContext): void {
  if (once === undefined) return;
  const marker: Marker = { request: once, set: manifest.set, restored: Math.floor(host.nowMs() / 1000) };
  try {
    host.makeDirectory(`${root}/boot`);
    host.write(`${root}${MARKER}`, `${JSON.stringify(marker)}\n`, 0o644);
  } catch (error) {
    reporter.warn(`Started like this again, the machine will be restored again: ${messageOf(error)}`);
  }
}

/** Pure: the marker in a file; `undefined` for anything else. */
export function decodeMarker(text: string | undefined): Marker | undefined {
  try {
    const result = v.safeParse(markerSchema, JSON.parse(text ?? ""));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** The part of a layout that a mounted file system stands on: nothing else need be started to look at it. */
function partBelow(layout: Layout, mount: Mount): Layout {
  const wanted = new Set(nodesBelow(layout, mount.id).map(({ id }) => id));
  return { version: 1, nodes: layout.nodes.filter(({ id }) => wanted.has(id)) };
}

/** Mounts the file system that holds /boot for as long as `work` takes; `undefined` when it can't be looked at. */
async function lookAtBoot<T>(context: RestoreContext, work: (boot: string) => T): Promise<T | undefined> {
  const { host, manifest, root, reporter } = context;
  const holding = mountHolding(manifest.layout, "/boot/");
  const fs = holding && nodeById(manifest.layout, holding.mount.of);
  if (!holding || fs?.kind !== "filesystem") return undefined;
  await unmountTree(host, root);
  try {
    host.makeDirectory(`${root}${holding.mount.path}`);
    await activateVolumes(host, partBelow(manifest.layout, holding.mount));
    mountForReading(context, filesystemFinder(describeMachine(await readDevices(host))), holding.mount);
    return work(`${root}/boot`);
  } catch (error) {
    reporter.log(`no earlier restore can be looked for: ${messageOf(error)}`);
    return undefined;
  } finally {
    await unmountTree(host, root);
  }
}

/** Loads what the restored system's own boot loader would start; a sentence when that can't be. */
function loadFrom({ host }: RestoreContext, boot: string): string | undefined {
  const configs = [`${boot}/grub/grub.cfg`, `${boot}/grub2/grub.cfg`];
  const entry = firstBootEntry(configs.map((path) => host.tryReadText(path)).find((text) => text !== undefined) ?? "");
  if (!entry) return "its boot menu has no entry that can be read";
  // Paths of GRUB count from the top of a file system, which may be /boot, or a subvolume above it.
  const at = (path: string) => `${boot}/${path.slice(path.lastIndexOf("/") + 1)}`;
  try {
    loadKernel(at(entry.kernel), at(entry.initrd), entry.words);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

/** Seconds in which a key leads to the menu instead. */
const COUNTDOWN_SECONDS = 10;

/**
 * Whether this machine was restored by the same request before; if so, the system on its disk is ready to be started by
 * the next restart. Reads the disks and writes nothing. Throws `refused` when that system can't be started from here.
 */
export async function restoredBefore(context: RestoreContext): Promise<"no" | "already" | "stopped"> {
  const { host, once, reporter, countdown } = context;
  if (once === undefined) return "no";
  const found = await lookAtBoot(context, (boot) => {
    const marker = decodeMarker(host.tryReadText(`${boot}${MARKER.slice("/boot".length)}`));
    return marker?.request === once ? { marker, problem: loadFrom(context, boot) } : undefined;
  });
  if (!found) return "no";
  const what = `this machine was restored by the request ${once} before (${dateOf(found.marker.restored)} UTC)`;
  if (found.problem !== undefined) {
    throw new MondoError("refused", `${what}, and its disk can't be started from here: ${found.problem}`, {
      hint: "Let it start from its disk; to restore it again, choose nuke below, or make the tree of mondo pxe anew.",
    });
  }
  reporter.step(`Nothing to do: ${what}`);
  if ((await countdown(COUNTDOWN_SECONDS, "It starts from its disk.")) === "elapsed") return "already";
  // Whoever stopped it may restore something else meanwhile, and a restart must be one.
  unloadKernel();
  return "stopped";
}
