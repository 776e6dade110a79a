import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { decodeManifest, type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import type { OpenSet } from "../../archive/set/open-set.ts";
import { decodeText } from "../../base/bytes.ts";
import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { driveState } from "../../host/optical.ts";
import { readSlowly } from "../../host/slow-read.ts";
import { type BlockDevice, describeDevice, listBlockDevices } from "./block-devices.ts";

export const MEDIUM_DIRECTORY = "/mnt/medium";
export const SET_DIRECTORY = `${MEDIUM_DIRECTORY}/mondo`;
const MANIFEST_PATH = `${SET_DIRECTORY}/manifest.json`;
/** Primary volume descriptor of ISO 9660: sector 16 of 2048 bytes. Source: ECMA-119, 8.4. */
export const ISO_DESCRIPTOR = { offset: 16 * 2048, length: 2048 } as const;
const READ_TIMEOUT_MS = 20_000;

/** The medium with the set, mounted. */
export interface Medium {
  readonly setDirectory: string;
  /** For people: the device, or the image on its server. */
  readonly name: string;
  /** The drive whose tray may be opened at the end. */
  readonly drive: string | undefined;
  /** Devices that carry it (`/dev/sdb1` and `/dev/sdb`): never to be written to. */
  readonly carriers: readonly string[];
  readonly manifest: Manifest;
  /** Directory with the images of this and other sets, where there is one (a share). */
  readonly beside?: string;
  /** Of a set on a share: the set with all its images that are there now. */
  readonly reopen?: () => OpenSet;
}

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
}

/** Pure: the volume id of an ISO 9660 descriptor; `undefined` when it is none. */
export function isoVolumeId(descriptor: Uint8Array): string | undefined {
  if (descriptor.byteLength < 72 || descriptor[0] !== 1 || decodeText(descriptor.subarray(1, 6)) !== "CD001") {
    return undefined;
  }
  return decodeText(descriptor.subarray(40, 72)).trim();
}

/** Mounts a device with an ISO 9660 file system as the medium. */
export function mountIso(host: Host, path: string): void {
  host.makeDirectory(MEDIUM_DIRECTORY);
  host.mount({
    source: path,
    target: MEDIUM_DIRECTORY,
    type: "iso9660",
    flags: ["readOnly", "noSuid", "noDev", "noExec"],
  });
}

/** Whether something is mounted where the medium belongs. */
export function isMediumMounted(host: Host): boolean {
  return (host.tryReadText("/proc/self/mountinfo") ?? "").includes(` ${MEDIUM_DIRECTORY} `);
}

/** Takes the medium down again; no error when nothing is mounted. */
export function unmountMedium(host: Host): void {
  if (!isMediumMounted(host)) return;
  try {
    host.unmount(MEDIUM_DIRECTORY);
  } catch {
    // A shell has its working directory there; open files stay readable.
    host.unmount(MEDIUM_DIRECTORY, { lazy: true });
  }
}

/** What a disc is by its volume id, when it isn't the medium that is wanted: `it holds medium 2 of this backup`. */
export function describeVolumeId(id: string, set: string): string {
  const [, start, number] = /^MONDO_([0-9A-F]{8})_(\d+)$/.exec(id) ?? [];
  if (start === undefined) return id === "" ? "it holds another disc" : `it holds another disc (${id})`;
  if (volumeIdOf(set, Number(number)) === id) return `it holds medium ${number} of this backup`;
  return `it holds medium ${number} of another backup (set ${start.toLowerCase()}…)`;
}

/** Reads the manifest of what is mounted now; a string is the reason why it isn't the set that is wanted. */
function readSet(host: Host, { set: wanted, number }: MediumWish): Manifest | string {
  const text = host.tryReadText(MANIFEST_PATH);
  if (text === undefined) return "it holds an ISO 9660 file system without /mondo/manifest.json";
  try {
    const manifest = decodeManifest(text, MANIFEST_PATH);
    const isSet = wanted === undefined || manifest.set.toLowerCase() === wanted;
    const found = mediumOf(manifest).number;
    if (isSet && number !== undefined && found !== number) return `it holds medium ${found} of this backup`;
    if (isSet) return manifest;
    const when = new Date(manifest.created * 1000).toISOString().slice(0, 16).replace("T", " ");
    return `it holds another set: ${manifest.host.name} of ${when} UTC (${manifest.set})`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Tries one device. Leaves it mounted when it is the medium. */
export async function tryDevice(host: Host, device: BlockDevice, wish: MediumWish): Promise<Medium | Rejection> {
  const isOptical = device.name.startsWith("sr");
  const reject = (because: string, mayChange = false): Rejection => ({ device, because, mayChange });
  if (isOptical && driveState(device.path) === "tray-open") return reject("its tray is open", true);
  const answer = await readSlowly(device.path, ISO_DESCRIPTOR.offset, ISO_DESCRIPTOR.length, READ_TIMEOUT_MS);
  if (answer.result === "no-medium") return reject("no medium is in it", true);
  if (answer.result === "timeout") return reject(`it did not answer within ${READ_TIMEOUT_MS / 1000} s`, true);
  // A drive whose disc spins up answers with an error for a while.
  if (answer.result === "error") return reject(`it can't be read (${answer.reason})`, isOptical);
  const { set, number } = wish;
  const id = isoVolumeId(answer.bytes);
  if (id === undefined) return reject("it holds no ISO 9660 file system", isOptical && number !== undefined);
  // Another disc is known by its label: mounting each again and again would wear the drive.
  if (set !== undefined && number !== undefined && id !== volumeIdOf(set, number)) {
    return reject(describeVolumeId(id, set), isOptical);
  }
  try {
    mountIso(host, device.path);
  } catch (error) {
    return reject(messageOf(error));
  }
  const manifest = readSet(host, wish);
  if (typeof manifest === "string") {
    host.unmount(MEDIUM_DIRECTORY);
    return reject(manifest);
  }
  const carriers = [...new Set([device.path, `/dev/${device.disk}`])];
  const drive = isOptical ? device.path : undefined;
  return { setDirectory: SET_DIRECTORY, name: device.name, drive, carriers, manifest };
}

/** Looks at every device once. Devices that are known not to be it, and can't change by themselves, are skipped. */
export async function lookForMedium(
  host: Host,
  wish: MediumWish,
  known: Map<string, Rejection>,
): Promise<Medium | undefined> {
  unmountMedium(host);
  const devices = listBlockDevices(host);
  for (const name of known.keys()) if (!devices.some((device) => device.name === name)) known.delete(name);
  for (const device of devices) {
    const before = known.get(device.name);
    if (before && !before.mayChange && before.device.sizeBytes === device.sizeBytes) continue;
    const result = await tryDevice(host, device, wish);
    if ("manifest" in result) return result;
    known.set(device.name, result);
  }
  return undefined;
}

/**
 * Devices that hold media of these sets, and their disks: found by their labels alone, nothing is mounted. Drives with
 * an open tray are left alone.
 */
export async function carriersOfSets(host: Host, sets: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const device of listBlockDevices(host)) {
    if (device.name.startsWith("sr") && driveState(device.path) === "tray-open") continue;
    const answer = await readSlowly(device.path, ISO_DESCRIPTOR.offset, ISO_DESCRIPTOR.length, READ_TIMEOUT_MS);
    const id = answer.result === "bytes" ? isoVolumeId(answer.bytes) : undefined;
    if (sets.some((set) => id?.startsWith(volumeIdOf(set, 0).slice(0, -1))))
      found.add(device.path).add(`/dev/${device.disk}`);
  }
  return [...found];
}

/** What was looked at and why each wasn't it, as lines. */
export function explainRejections(known: ReadonlyMap<string, Rejection>): string[] {
  if (known.size === 0) return ["  no disk, stick or optical drive was found at all"];
  return [...known.values()].map(({ device, because }) => `  ${describeDevice(device)}: ${because}`);
}
