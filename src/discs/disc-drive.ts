import { manifestIn } from "../archive/set/iso-medium.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { closeTray, driveState, forgetBuffers } from "../host/optical.ts";
import { ejectMedium } from "../host/power.ts";
import { failureIn, parseDiscReport, progressIn } from "./disc-report.ts";
import { type MediaKind, mediaKindOf, shortName } from "./media-kinds.ts";

/** What is in a drive. */
export interface Disc {
  /** `DVD+R`; undefined: the drive is empty. */
  readonly name?: string;
  /** Absent for what can't be written, or is not known. */
  readonly kind?: MediaKind;
  readonly isBlank: boolean;
  /** Room for an image when it is blank, or blanked; 0: not known. */
  readonly capacityBytes: number;
  /** What it holds, where that is a medium of a backup. */
  readonly manifest?: Manifest;
  /** Name of the file system that it holds, where it has one. */
  readonly volumeId?: string;
}

/** How an image is written. */
export interface BurnWish {
  readonly image: string;
  readonly sizeBytes: number;
  /** As the drive counts: 1 is the slowest of its kind of disc; absent: as fast as drive and disc can. */
  readonly speed?: number;
}

/** A drive that writes discs. Failures are MondoErrors. */
export interface DiscDrive {
  /** `/dev/sr0` */
  readonly name: string;
  /** Pulls in the tray, and tells what is in the drive. */
  look(): Promise<Disc>;
  /** Writes an image and closes the disc; one that is rewritable is blanked before, where it has to be. */
  burn(wish: BurnWish, kind: MediaKind): Promise<void>;
  /** Lets the drive look at its disc anew: nothing that was written is read from memory then. */
  reload(): Promise<void>;
  /** Bytes of the disc, as it has them. */
  readAt(offset: number, length: number): Uint8Array;
  /** Opens the tray, where it does. */
  eject(): void;
}

const LOOK_EVERY_MS = 1000;
/** Drives take up to half a minute to know a disc. */
const READY_MS = 90_000;
/** Someone may have to push in the tray of a notebook. */
const TRAY_MS = 600_000;
const REPORT_MS = 180_000;
/** What is read of a disc that is said to be blank and can be written over: file systems have a mark in it. */
const START_BYTES = MIB;

const driveFailure = (name: string, what: string, hint: string): MondoError =>
  new MondoError("system", `${name}: ${what}`, { hint });

/** A drive that the kernel and xorriso know. `isManual`: its tray is moved by a person alone (Mondo's `-m`). */
export function openDiscDrive(
  host: Host,
  name: string,
  isManual: boolean,
  reporter: Reporter,
  signal: AbortSignal,
): DiscDrive {
  /** Until the drive knows what is in it. */
  const settle = async (): Promise<void> => {
    for (let waited = 0, told = false; ; waited += LOOK_EVERY_MS) {
      signal.throwIfAborted();
      const state = driveState(name);
      const isOpen = state === "tray-open";
      if (state === "disc" || state === "empty" || state === "unknown") return;
      if (waited >= (isOpen ? TRAY_MS : READY_MS)) {
        const what = isOpen ? msg`its tray is open` : msg`it does not get ready with the disc in it`;
        throw driveFailure(name, what, isOpen ? msg`Push it in, and start it again.` : msg`Try another disc.`);
      }
      if (isOpen && !told) reporter.warn(msg`Push in the tray of ${name}`);
      told ||= isOpen;
      await host.sleep(LOOK_EVERY_MS);
    }
  };
  const xorriso = async (words: readonly string[], timeoutMs?: number, onLine?: (line: string) => void) => {
    const lines: string[] = [];
    const keep = (line: string): void => {
      lines.push(line);
      onLine?.(line);
    };
    const limits = timeoutMs === undefined ? { signal } : { signal, timeoutMs };
    const { code } = await host.run({ argv: ["xorriso", ...words], accept: "any", onLine: keep, ...limits });
    for (const line of lines) if (!line.includes(" UPDATE ")) reporter.log(line);
    return { code, lines };
  };
  const isEmptyStart = (): boolean => {
    try {
      return host.readAt(name, 0, START_BYTES).every((byte) => byte === 0);
    } catch {
      // Never formatted, or scratched: whoever stands there says whether it may go.
      return false;
    }
  };
  return {
    name,
    async look() {
      if (!isManual) closeTray(name);
      await settle();
      if (driveState(name) === "empty") return { isBlank: false, capacityBytes: 0 };
      const { code, lines } = await xorriso(["-outdev", name, "-toc", "-tell_media_space"], REPORT_MS);
      const report = parseDiscReport(lines.join("\n"));
      if (!report.isPresent) {
        const why = failureIn(lines);
        if (code === 0 || why === undefined || /not recogni|no media|not present/i.test(why)) {
          return { isBlank: false, capacityBytes: 0 };
        }
        throw driveFailure(name, why, msg`Unmount the disc, and end what else uses the drive.`);
      }
      const kind = mediaKindOf(report.profile);
      const isBlank = report.isBlank && (kind?.isOverwritten !== true || isEmptyStart());
      const manifest = isBlank ? undefined : manifestIn(host, name);
      return {
        name: shortName(report.profile),
        isBlank,
        capacityBytes: report.capacityBytes,
        ...(kind ? { kind } : {}),
        ...(manifest ? { manifest } : {}),
        ...(report.volumeId === undefined ? {} : { volumeId: report.volumeId }),
      };
    },
    async burn({ image, sizeBytes, speed }, kind) {
      const words = [
        ...["-as", "cdrecord", "-v", `dev=${name}`],
        ...(speed === undefined ? [] : [`speed=${speed}`]),
        ...(kind.isRewritable ? ["blank=as_needed"] : []),
        ...(kind.isOpenEnded ? ["-tao"] : []),
        ...["-data", image],
      ];
      const { code, lines } = await xorriso(words, undefined, (line) => {
        const at = progressIn(line);
        if (at)
          reporter.progress({ label: msg`burn`, done: Math.min(at.done, sizeBytes), total: sizeBytes, unit: "bytes" });
      });
      if (code === 0) return;
      const why = failureIn(lines) ?? msg`xorriso ended with status ${code}`;
      throw driveFailure(
        name,
        msg`the disc can't be written: ${why}`,
        msg`Try another disc, of another make, or slower.`,
      );
    },
    async reload() {
      forgetBuffers(name);
      if (isManual) return settle();
      try {
        ejectMedium(name);
      } catch (error) {
        reporter.log(messageOf(error));
      }
      closeTray(name);
      await settle();
      forgetBuffers(name);
    },
    readAt: (offset, length) => host.readAt(name, offset, length),
    eject() {
      try {
        ejectMedium(name);
      } catch (error) {
        reporter.log(messageOf(error));
      }
    },
  };
}
