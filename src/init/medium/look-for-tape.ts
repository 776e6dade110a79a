import { dateText } from "../../archive/set/chain.ts";
import { openSet } from "../../archive/set/open-set.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { withTapeDrive } from "../../archive/tape/read-tape.ts";
import { listTapeDrives } from "../../archive/tape/tape-devices.ts";
import { messageOf } from "../../base/errors.ts";
import { unmountAt } from "../../shares/unmount-share.ts";
import { attachTape } from "../../tapes/attach-tape.ts";
import type { Rescue } from "../rescue.ts";
import type { Medium } from "./mounted-medium.ts";

/** Where the set on a tape is mounted, and where its catalog is put, in RAM. */
const TAPE_TARGET = "/mnt/tape";
const TAPE_DIRECTORY = "/run/mondo/tape";

/** Why the tape in a drive has no set of ours; undefined: it has one. */
async function whyNot({ host, reporter, options }: Rescue, device: string): Promise<string | undefined> {
  return withTapeDrive(host, device, options, reporter, undefined, async (drive) => {
    if (!(await drive.open("read")).isOnline) return "no tape is in it";
    const label = await drive.label();
    if (label.kind === "ours") return undefined;
    return label.kind === "blank" ? "its tape is empty" : "its tape holds no backup made by mondo";
  });
}

async function attach(rescue: Rescue, device: string, wanted: string | undefined): Promise<Medium | string> {
  const { host, modules, reporter, options } = rescue;
  unmountAt(host, TAPE_TARGET);
  host.remove(TAPE_DIRECTORY);
  host.makeDirectory(TAPE_DIRECTORY, 0o700);
  await modules.require("fuse");
  const place = { device, target: TAPE_TARGET, directory: TAPE_DIRECTORY, eject: options.eject };
  const detach = await attachTape(host, place, reporter);
  const manifest = readManifest(host, `${TAPE_TARGET}/manifest.json`);
  if (wanted !== undefined && manifest.set.toLowerCase() !== wanted) {
    await detach();
    return `its newest backup is another: of ${manifest.host.name}, ${dateText(manifest.created)} (${manifest.set})`;
  }
  const reopen = () => openSet(host, TAPE_TARGET);
  return { setDirectory: TAPE_TARGET, name: device, drive: undefined, carriers: [], manifest, reopen };
}

/**
 * Looks at the tape in each drive once (Mondo's HandleTape), and mounts the set on it. `known`: drives that were looked
 * at, with why they are not the medium; an empty one is looked at again.
 */
export async function lookForTape(
  rescue: Rescue,
  wanted: string | undefined,
  known: Map<string, string>,
): Promise<Medium | undefined> {
  for (const device of listTapeDrives(rescue.host)) {
    const before = known.get(device);
    if (before !== undefined && before !== "no tape is in it") continue;
    try {
      const why = await whyNot(rescue, device);
      const found = why ?? (await attach(rescue, device, wanted));
      if (typeof found !== "string") return found;
      known.set(device, found);
    } catch (error) {
      known.set(device, messageOf(error));
    }
  }
  return undefined;
}
