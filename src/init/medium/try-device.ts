import { dateText } from "../../archive/set/chain.ts";
import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import { readManifest } from "../../archive/set/read-manifest.ts";
import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { decodeVolumeId } from "../../formats/fs/iso9660.ts";
import type { Host } from "../../host/host.ts";
import { driveState } from "../../host/optical.ts";
import { type BlockDevice, isOpticalDrive } from "./block-devices.ts";
import { MEDIUM_DIRECTORY, type Medium, mountIso, SET_DIRECTORY } from "./mounted-medium.ts";
import { ANSWER_MS, describeVolumeId, readDescriptor } from "./volume-id.ts";

const MANIFEST_PATH = `${SET_DIRECTORY}/manifest.json`;

/** Which medium is looked for. */
export interface MediumWish {
  /** Id of the set, lower-case; absent: of any. */
  readonly set: string | undefined;
  /** Number of the medium in its set; absent: any. */
  readonly number?: number;
}

/** Why one device isn't the medium: a phrase for people, and whether that may change by itself. */
export interface Rejection {
  readonly device: BlockDevice;
  readonly because: string;
  readonly mayChange: boolean;
  /** It is a disc, but another one: a person may have inserted the wrong one. */
  readonly isOtherDisc: boolean;
}

/** Reads the manifest of what is mounted now; a string is the reason why it isn't the set that is wanted. */
function readSet(host: Host, { set: wanted, number }: MediumWish): Manifest | string {
  if (!host.exists(MANIFEST_PATH)) return msg`it holds an ISO 9660 file system without /mondo/manifest.json`;
  try {
    const manifest = readManifest(host, MANIFEST_PATH);
    const isSet = wanted === undefined || manifest.set.toLowerCase() === wanted;
    const found = mediumOf(manifest).number;
    if (isSet && number !== undefined && found !== number) return msg`it holds medium ${found} of this backup`;
    if (isSet) return manifest;
    return msg`it holds another set: ${manifest.host.name} of ${dateText(manifest.created)} (${manifest.set})`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Why a device is no medium by its label alone, if so: mounting another disc again and again would wear the drive. */
async function rejectionByLabel(device: BlockDevice, { set, number }: MediumWish): Promise<Rejection | undefined> {
  const isOptical = isOpticalDrive(device);
  const reject = (because: string, mayChange: boolean): Rejection => ({
    device,
    because,
    mayChange,
    isOtherDisc: false,
  });
  if (isOptical && driveState(device.path) === "tray-open") return reject(msg`its tray is open`, true);
  const answer = await readDescriptor(device.path);
  if (answer.result === "no-medium") return reject(msg`no medium is in it`, true);
  if (answer.result === "timeout") return reject(msg`it did not answer within ${ANSWER_MS / 1000} s`, true);
  // A drive whose disc spins up answers with an error for a while.
  if (answer.result === "error") return reject(msg`it can't be read (${answer.reason})`, isOptical);
  const id = decodeVolumeId(answer.bytes);
  if (id === undefined) return reject(msg`it holds no ISO 9660 file system`, isOptical && number !== undefined);
  if (set === undefined || number === undefined || id === volumeIdOf(set, number)) return undefined;
  return { ...reject(describeVolumeId(id, set), isOptical), isOtherDisc: true };
}

/** Mounts a device and reads its set; a string is the reason why it isn't the set that is wanted. */
function mountSet(host: Host, path: string, wish: MediumWish): Manifest | string {
  try {
    mountIso(host, path);
  } catch (error) {
    return messageOf(error);
  }
  const manifest = readSet(host, wish);
  if (typeof manifest === "string") host.unmount(MEDIUM_DIRECTORY);
  return manifest;
}

/** Tries one device. Leaves it mounted when it is the medium. */
export async function tryDevice(host: Host, device: BlockDevice, wish: MediumWish): Promise<Medium | Rejection> {
  const rejection = await rejectionByLabel(device, wish);
  if (rejection) return rejection;
  const manifest = mountSet(host, device.path, wish);
  if (typeof manifest === "string") return { device, because: manifest, mayChange: false, isOtherDisc: false };
  const carriers = [...new Set([device.path, `/dev/${device.disk}`])];
  const drive = isOpticalDrive(device) ? device.path : undefined;
  return { setDirectory: SET_DIRECTORY, name: device.name, drive, carriers, manifest };
}
