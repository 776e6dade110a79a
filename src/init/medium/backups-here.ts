import { dateText } from "../../archive/set/chain.ts";
import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { driveState } from "../../host/optical.ts";
import type { Rescue } from "../rescue.ts";
import { type BlockDevice, describeDevice, isOpticalDrive, listBlockDevices } from "./block-devices.ts";
import { describeStored, StoredSets } from "./find-stored.ts";
import { lookForMedium } from "./look-for-medium.ts";
import type { Medium } from "./mounted-medium.ts";
import { openStoreSet } from "./store.ts";
import { volumeIdOn } from "./volume-id.ts";

/** Where a disc is looked into, beside the one that is in use. */
const LOOK_PLACE = "/run/mondo/look-disc";

/** A backup on a disc, stick or disk of this machine. */
export interface BackupHere {
  /** For people: whose, from when, and where it lies. */
  readonly label: string;
  /** Makes it the medium. Throws `not-found` where it went away meanwhile. */
  open(): Promise<Medium>;
}

/** What the set on a disc is; undefined: it holds none. */
function manifestOn(host: Host, path: string, log: (text: string) => void): Manifest | undefined {
  host.makeDirectory(LOOK_PLACE);
  try {
    host.mount({
      ...{ source: path, target: LOOK_PLACE, type: "iso9660" },
      flags: ["readOnly", "noSuid", "noDev", "noExec"],
    });
  } catch (error) {
    log(`${path} can't be looked into: ${messageOf(error)}`);
    return undefined;
  }
  try {
    return readManifest(host, `${LOOK_PLACE}/mondo/manifest.json`);
  } catch (error) {
    log(`${path} holds no backup: ${messageOf(error)}`);
    return undefined;
  } finally {
    host.unmount(LOOK_PLACE);
  }
}

function onDisc(host: Host, device: BlockDevice, manifest: Manifest): BackupHere {
  const { number, of } = mediumOf(manifest);
  const which = of === 1 ? "" : msg`, medium ${number} of ${of}`;
  const label = `${manifest.host.name}, ${dateText(manifest.created)}${which} (${describeDevice(device)})`;
  return {
    label,
    async open() {
      const found = await lookForMedium(host, { set: manifest.set.toLowerCase(), number }, new Map());
      if (found) return found;
      throw new MondoError("not-found", msg`${label} is no longer there`, { hint: msg`Put it in, and look again.` });
    },
  };
}

async function discs({ host, log }: Rescue): Promise<BackupHere[]> {
  const sets = new Set<string>();
  const found: BackupHere[] = [];
  for (const device of listBlockDevices(host)) {
    if (isOpticalDrive(device) && driveState(device.path) === "tray-open") continue;
    if ((await volumeIdOn(device.path)) === undefined) continue;
    const manifest = manifestOn(host, device.path, log);
    // A stick made of an image shows on the whole device and on its partition.
    const key = manifest && `${device.disk} ${manifest.set} ${mediumOf(manifest).number}`;
    if (!manifest || key === undefined || sets.has(key)) continue;
    sets.add(key);
    found.push(onDisc(host, device, manifest));
  }
  return found;
}

/** Every backup on discs, sticks and disks that can be seen without starting arrays or groups. */
export async function backupsHere(rescue: Rescue): Promise<readonly BackupHere[]> {
  const stored = new StoredSets(rescue);
  await stored.look();
  return [
    ...(await discs(rescue)),
    ...stored.sets.map((set) => ({ label: describeStored(set), open: () => openStoreSet(rescue, set) })),
  ];
}
