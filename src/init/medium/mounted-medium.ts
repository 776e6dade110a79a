import type { Manifest } from "../../archive/set/manifest.ts";
import type { OpenSet } from "../../archive/set/open-set.ts";
import type { Host } from "../../host/host.ts";

export const MEDIUM_DIRECTORY = "/mnt/medium";
export const SET_DIRECTORY = `${MEDIUM_DIRECTORY}/mondo`;

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
  /** Absent: on a disc, stick or disk of this machine. */
  readonly on?: "server" | "tape";
  /** Directory with the images of this and other sets, where there is one (a share). */
  readonly beside?: string;
  /** Of a set on a share: the set with all its images that are there now. */
  readonly reopen?: () => OpenSet;
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
