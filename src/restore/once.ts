import * as v from "valibot";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { firstBootEntry } from "../formats/boot/grub-menu.ts";
import { loadKernel, unloadKernel } from "../host/kexec.ts";
import { mountHolding } from "../layout/graph.ts";
import { partBelow } from "../layout/part-below.ts";
import { nodeById } from "../layout/types.ts";
import { describeMachine } from "../probe/describe-volumes.ts";
import { readDevices } from "../probe/read-devices.ts";
import { activateVolumes } from "../run/activate.ts";
import { unmountTree } from "../run/chroot.ts";
import type { RestoreContext } from "./context.ts";
import { filesystemFinder, mountForReading } from "./saved-mounts.ts";

/** Names the request that restored a machine. In /boot because what GRUB reads is never encrypted. */
const MARKER = "/boot/mondo-restored.json";

const markerSchema = v.object({ request: v.string(), set: v.string(), restored: v.number() });
type Marker = v.InferOutput<typeof markerSchema>;

/** Notes the request in the restored system, which is mounted at the context's root. */
export function leaveMarker({ host, root, once, manifest, reporter }: RestoreContext): void {
  if (once === undefined) return;
  const marker: Marker = { request: once, set: manifest.set, restored: Math.floor(host.nowMs() / 1000) };
  try {
    host.makeDirectory(`${root}/boot`);
    host.write(`${root}${MARKER}`, `${JSON.stringify(marker)}\n`, 0o644);
  } catch (error) {
    reporter.warn(msg`If it is started like this again, this machine will be restored again: ${messageOf(error)}`);
  }
}

/** The marker in a file; `undefined` for anything else. Pure. */
export function decodeMarker(text: string | undefined): Marker | undefined {
  try {
    const result = v.safeParse(markerSchema, JSON.parse(text ?? ""));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** Mounts the file system that holds /boot while `work` runs; `undefined` when it can't be read. */
async function lookAtBoot<T>(context: RestoreContext, work: (boot: string) => T): Promise<T | undefined> {
  const { host, manifest, root, reporter } = context;
  const holding = mountHolding(manifest.layout, "/boot/");
  const fs = holding && nodeById(manifest.layout, holding.mount.of);
  if (!holding || fs?.kind !== "filesystem") return undefined;
  await unmountTree(host, root);
  try {
    host.makeDirectory(`${root}${holding.mount.path}`);
    await activateVolumes(host, partBelow(manifest.layout, [holding.mount.id]));
    mountForReading(
      context,
      filesystemFinder(describeMachine(await readDevices(host)), manifest.layout),
      holding.mount,
    );
    return work(`${root}/boot`);
  } catch (error) {
    reporter.log(`can't look for an earlier restore: ${messageOf(error)}`);
    return undefined;
  } finally {
    await unmountTree(host, root);
  }
}

/** Loads the kernel that the restored system's boot loader would start; returns a sentence when that fails. */
function loadFrom({ host }: RestoreContext, boot: string): string | undefined {
  const configs = [`${boot}/grub/grub.cfg`, `${boot}/grub2/grub.cfg`];
  const entry = firstBootEntry(configs.map((path) => host.tryReadText(path)).find((text) => text !== undefined) ?? "");
  if (!entry) return msg`its boot menu has no readable entry`;
  // GRUB's paths start at the top of a file system, which may be /boot or a subvolume above it.
  const at = (path: string) => `${boot}/${path.slice(path.lastIndexOf("/") + 1)}`;
  try {
    loadKernel(at(entry.kernel), at(entry.initrd), entry.words);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

/** Seconds in which any key leads to the menu. */
const COUNTDOWN_SECONDS = 10;

/**
 * Whether this machine was already restored for the same request; if so, the next restart boots the system on its disk.
 * Writes nothing to the disks. Throws `refused` when that system can't be started from here.
 */
export async function restoredBefore(context: RestoreContext): Promise<"no" | "already" | "stopped"> {
  const { host, once, manifest, reporter, countdown } = context;
  if (once === undefined) return "no";
  const found = await lookAtBoot(context, (boot) => {
    const marker = decodeMarker(host.tryReadText(`${boot}${MARKER.slice("/boot".length)}`));
    return marker?.request === once ? { marker, problem: loadFrom(context, boot) } : undefined;
  });
  if (!found) return "no";
  const by = once === manifest.set ? msg`from this backup by itself` : msg`for the request ${once}`;
  const what = msg`this machine was already restored ${by} (${dateOf(found.marker.restored)} UTC)`;
  if (found.problem !== undefined) {
    throw new MondoError("refused", msg`${what}, and its disk can't be started from here: ${found.problem}`, {
      hint: msg`Let it boot from its disk; to restore it again, choose nuke below (over the network also: run mondo pxe again).`,
    });
  }
  reporter.step(msg`Nothing to do: ${what}`);
  if ((await countdown(COUNTDOWN_SECONDS, msg`The machine boots from its disk.`)) === "elapsed") return "already";
  // Whoever stopped it may restore something else first: the restart after that must go through the firmware.
  unloadKernel();
  return "stopped";
}
