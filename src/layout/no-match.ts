import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { type Candidate, carries, describeCandidate } from "./candidate.ts";
import { describeDiskShortly } from "./describe-disk-shortly.ts";
import { fits, type LeastBytes, requiredBytes } from "./fit.ts";
import { isFree, type Standing } from "./standing.ts";
import type { Disk, Layout, NodeId } from "./types.ts";

/** The set's disk, and what it needs here. */
export interface Wanted {
  readonly source: Disk;
  readonly layout: Layout;
  readonly least: LeastBytes;
}

/** The disks of this machine as the matching left them. */
export interface Leftover {
  readonly all: readonly Candidate[];
  /** Usable, not taken, and nobody else's. */
  readonly free: readonly Candidate[];
  /** Usable, not taken, but holding what is not of the set. */
  readonly held: readonly Candidate[];
  readonly carriers: readonly string[];
  readonly standing: (candidate: Candidate) => Standing;
}

const exact = (bytes: number) => msg`${formatBytes(bytes)} (${bytes} bytes)`;

const fitsOne = ({ source, layout, least }: Wanted, { disk }: Candidate) => fits(layout, source, disk, least);

/** What a disk holds that would be lost, with all that tells it from others. */
function heldWords(candidate: Candidate, standing: Standing): string {
  const was =
    standing === "left-out" ? msg`was in the machine and is not part of the set` : msg`holds what is not of the set`;
  return msg`${candidate.disk.path}: ${was} [${describeCandidate(candidate)}]`;
}

function whyNot(candidate: Candidate, { carriers, standing }: Leftover): string {
  const { disk, busy, readOnly } = candidate;
  if (busy !== undefined) return `${disk.path}: ${busy}`;
  if (readOnly) return msg`${disk.path}: read-only`;
  if (carries(candidate, carriers)) return msg`${disk.path}: carries the backup or the rescue`;
  if (disk.removable) return msg`${disk.path}: removable`;
  const is = standing(candidate);
  return isFree(is) ? msg`${disk.path}: stands for another disk of the set` : heldWords(candidate, is);
}

/** The disk of the set needs more than the target has; `what` names the target. */
export function shortOf({ source, layout, least }: Wanted, target: Disk, what: string): MondoError {
  const [needed, full] = [least(layout, source), requiredBytes(layout, source)];
  const shrunk = needed < full ? msg` even with everything shrunk to what its files need` : "";
  const text = msg`the disk ${describeDiskShortly(source)} needs ${exact(needed)}${shrunk}, but ${what}, ${describeDiskShortly(target)}, has only ${exact(target.sizeBytes)}`;
  return new MondoError("no-match", text, {
    hint: msg`Put in a disk of at least that size.`,
    data: { disk: source.path, lacking: [source.id], neededBytes: needed, largestBytes: target.sizeBytes },
  });
}

/** The target's sectors are too large for what was on the disk. */
export function wrongSectors({ source }: Wanted, target: Disk): MondoError {
  const text = msg`${target.path} has sectors of ${target.logicalSectorBytes} bytes, which its partitions or file systems don't fit`;
  return new MondoError("no-match", msg`the disk ${describeDiskShortly(source)} has no counterpart here: ${text}`, {
    hint: msg`Put in a disk with smaller sectors.`,
    data: { disk: source.path, lacking: [source.id] },
  });
}

/**
 * Disks of the set of which at least one is without a counterpart; none where there are enough, and a person has to
 * choose.
 */
function lackingOf(open: readonly Wanted[], fitting: readonly Candidate[], free: readonly Candidate[]): NodeId[] {
  const [first] = open;
  if (first && fitting.length === 0) return [first.source.id];
  const of = open.filter(({ source, layout, least }) => fitting.some((c) => fits(layout, source, c.disk, least)));
  const good = free.filter((c) => of.some(({ source, layout, least }) => fits(layout, source, c.disk, least)));
  return good.length < of.length ? of.map(({ source }) => source.id) : [];
}

/** How a disk is named in a file of answers. */
function answerFor({ source }: Wanted, { disk }: Candidate): string {
  const { wwn, serial, path } = disk;
  const identity = serial === undefined ? (wwn === undefined ? { path } : { wwn }) : { serial };
  return JSON.stringify({ disks: { [source.path.replace(/^\/dev\//, "")]: identity } });
}

/** How a person says that what a disk holds may go. */
function giveUpHint(wanted: Wanted, held: readonly Candidate[]): string {
  const [first] = held;
  if (!first) return "";
  const answer = msg`name it in the answers (${answerFor(wanted, first)}) or choose it in interactive mode`;
  return msg`Put in a blank disk; or, if what ${first.disk.path} holds may be lost, ${answer}.`;
}

/** Disks that would do, if what they hold were given up. */
function onlyHeld(wanted: Wanted, here: Leftover, data: Record<string, unknown>): MondoError | undefined {
  const held = here.held.filter((candidate) => fitsOne(wanted, candidate));
  if (held.length === 0) return undefined;
  const none =
    here.free.length === 0 ? msg`this machine has no free disk` : msg`no free disk of this machine is large enough`;
  const others = here.all.filter((candidate) => !here.free.includes(candidate)).map((one) => whyNot(one, here));
  const name = msg`the disk ${describeDiskShortly(wanted.source)}`;
  return new MondoError("no-match", msg`${name} has no counterpart: ${none} (${others.join("; ")})`, {
    hint: giveUpHint(wanted, held),
    data: { ...data, held: held.map(({ disk }) => disk.path) },
  });
}

/** Several disks would do, or one for several of the set. */
function ambiguous(wanted: Wanted, fitting: readonly Candidate[], here: Leftover, data: Record<string, unknown>) {
  const name = msg`the disk ${describeDiskShortly(wanted.source)}`;
  const [only, second] = fitting;
  if (!only) return undefined;
  if (second) {
    const list = fitting.map((one) => describeCandidate(one)).join(" | ");
    const text = msg`${name} could be any of ${fitting.length} disks here, and none has its WWN or serial: ${list}`;
    const hint = msg`Choose interactive mode and name the disk, or take out those that must not be erased.`;
    return new MondoError("no-match", text, { hint, data });
  }
  const held = here.held.filter((candidate) => fitsOne(wanted, candidate));
  const others = held.map((one) => `; ${heldWords(one, here.standing(one))}`).join("");
  const text = msg`${name} and others of the set could all be ${describeDiskShortly(only.disk)}${others}`;
  const hint = giveUpHint(wanted, held) || msg`Choose interactive mode and name the disk, or put in another one.`;
  return new MondoError("no-match", text, { hint, data: { ...data, held: held.map(({ disk }) => disk.path) } });
}

/** Why the disks `open` of the set are without a counterpart; the error is about the first. */
export function noMatch(open: readonly [Wanted, ...Wanted[]], here: Leftover): MondoError {
  const [wanted] = open;
  const { source, layout, least } = wanted;
  const { all, free } = here;
  const fitting = free.filter((candidate) => fitsOne(wanted, candidate));
  const data = {
    disk: source.path,
    lacking: lackingOf(open, fitting, free),
    neededBytes: least(layout, source),
    candidates: all.map((c) => c.disk.path),
  };
  const told = ambiguous(wanted, fitting, here, data) ?? onlyHeld(wanted, here, data);
  if (told) return told;
  const largest = [...free].sort((a, b) => b.disk.sizeBytes - a.disk.sizeBytes)[0];
  if (largest && largest.disk.sizeBytes < least(layout, source)) {
    return shortOf(wanted, largest.disk, msg`the largest free disk`);
  }
  if (largest) return wrongSectors(wanted, largest.disk);
  const others = all.map((one) => whyNot(one, here));
  const rest = others.length > 0 ? ` (${others.join("; ")})` : "";
  const text = msg`the disk ${describeDiskShortly(source)} has no counterpart: this machine has no free disk${rest}`;
  return new MondoError("no-match", text, { hint: msg`Put in a disk, or load the driver of its controller.`, data });
}
