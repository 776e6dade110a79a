import { dateText } from "../archive/set/chain.ts";
import { type Manifest, mediumOf } from "../archive/set/manifest.ts";
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import { formatBytes } from "../base/units.ts";
import type { Disc } from "./disc-drive.ts";
import type { DiscFamily } from "./media-kinds.ts";

/** What is to be written to a disc. */
export interface WantedDisc {
  /** Of the backup that is being written: its other discs are never written over. */
  readonly set?: string;
  /** Which of its media it is. */
  readonly number?: number;
  readonly sizeBytes: number;
  /** Kinds of discs that were asked for. */
  readonly families: readonly DiscFamily[];
}

/** A medium for people: number, host, date. */
export function describeMediumOf(manifest: Manifest): string {
  const { number, of } = mediumOf(manifest);
  return msg`medium ${number} of ${of} of the backup of ${printable(manifest.host.name)} of ${dateText(manifest.created)}`;
}

/** What a disc holds, as the object of a sentence. */
export function contentOf({ manifest, volumeId }: Disc): string {
  if (manifest) return describeMediumOf(manifest);
  return volumeId === undefined ? msg`something that is no backup made by mondo` : `"${printable(volumeId)}"`;
}

/**
 * Whether an image may be written to a disc: `yes`; `erase`, when what `why` says it holds may be lost; `no`. `why` is
 * a sentence without its full stop.
 */
export type Judgement = { readonly may: "yes" } | { readonly may: "erase" | "no"; readonly why: string };

/** Judges the disc that is in a drive. */
export function judgeDisc(disc: Disc, { set, number, sizeBytes, families }: WantedDisc): Judgement {
  const no = (why: string): Judgement => ({ may: "no", why });
  const { name, kind, isBlank, capacityBytes, manifest } = disc;
  if (name === undefined) return no(msg`no disc is in the drive`);
  const holds = isBlank ? "" : msg`; it holds ${contentOf(disc)}`;
  if (!kind) return no(msg`the disc in the drive (${name}) can't be written to${holds}`);
  if (!families.includes(kind.family)) {
    return no(msg`the disc in the drive is a ${name}; a ${families.join(msg` or `)} was asked for`);
  }
  if (manifest !== undefined && manifest.set === set && mediumOf(manifest).number !== number) {
    return no(msg`the disc in the drive is ${describeMediumOf(manifest)}, which belongs to this one`);
  }
  if (!isBlank && !kind.isRewritable) return no(msg`this ${name} can't be written again${holds}`);
  if (capacityBytes > 0 && sizeBytes > capacityBytes) {
    return no(
      msg`this ${name} has room for ${formatBytes(capacityBytes)}, and ${formatBytes(sizeBytes)} are to be written`,
    );
  }
  return isBlank ? { may: "yes" } : { may: "erase", why: msg`this ${name} holds ${contentOf(disc)}` };
}
