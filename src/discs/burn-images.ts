import { manifestIn } from "../archive/set/iso-medium.ts";
import { type Manifest, mediumOf } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { compareDisc } from "./compare-disc.ts";
import type { Disc, DiscDrive } from "./disc-drive.ts";
import { describeMediumOf, judgeDisc, type WantedDisc } from "./judge-disc.ts";
import type { DiscFamily, MediaKind } from "./media-kinds.ts";

/** Whoever changes discs. The answer is undefined where nobody is there to be asked. */
export type AskDiscs = (text: string, initial?: boolean) => Promise<boolean | undefined>;

/** How images are written to discs. */
export interface DiscWish {
  readonly families: readonly DiscFamily[];
  readonly speed?: number;
  /** What rewritable discs hold may be erased. */
  readonly blank: boolean;
  /** Whether discs are put out of the drive when they are done. */
  readonly eject: boolean;
}

/** What burning needs of the world. */
export interface BurnWorld {
  readonly host: Host;
  readonly drive: DiscDrive;
  readonly ask: AskDiscs;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** An image of a medium, and what it holds. */
export interface DiscImage {
  readonly path: string;
  readonly sizeBytes: number;
  readonly manifest: Manifest;
}

/** The image of a path. Throws when it is no complete medium of a backup. */
export function discImage(host: Host, path: string): DiscImage {
  const stat = host.stat(path);
  if (stat?.kind !== "file") throw new MondoError("not-found", msg`${path} is no file`, { hint: msg`Name ISO files.` });
  const manifest = manifestIn(host, path);
  if (manifest) return { path, sizeBytes: stat.sizeBytes, manifest };
  throw new MondoError("usage", msg`${path} is not a medium of a backup made by mondo`, {
    hint: msg`Name the ISO files of a backup: NAME-1.iso, NAME-2.iso …`,
  });
}

const whatOf = ({ manifest }: DiscImage): string => describeMediumOf(manifest);

/** A disc that is looked for. */
interface DiscSearch {
  /** What is to be written to it, as the object of a sentence. */
  readonly what: string;
  readonly eject: boolean;
  /** What a rewritable disc holds may be erased without a question. */
  readonly blank?: boolean;
  /** Why a disc is asked for before the drive is looked at; absent: the one that is in it may do. */
  readonly why?: string;
}

/** The disc in the drive when something may be written to it. */
type FreeDisc = Disc & { readonly name: string; readonly kind: MediaKind };

/**
 * Waits until a disc that may be written to is in the drive; a person is asked for one, and whether what it holds may
 * be erased. Throws `refused` where nobody can be asked, `cancelled` after a no.
 */
export async function freeDisc(world: BurnWorld, wanted: WantedDisc, search: DiscSearch): Promise<FreeDisc> {
  const { drive, ask, reporter, signal } = world;
  const { what, eject, blank = false } = search;
  const room = wanted.sizeBytes > 0 ? ` (${formatBytes(wanted.sizeBytes)})` : "";
  for (let why = search.why; ; ) {
    if (why !== undefined) {
      const answer = await ask(msg`Put a blank disc into ${drive.name} for ${what}${room}. Is it in?`, true);
      if (answer === undefined) {
        throw new MondoError("refused", msg`${drive.name}: ${why}, and there is no terminal to ask for one on`);
      }
      if (!answer) throw new MondoError("cancelled", msg`${what} was not written`);
    }
    signal.throwIfAborted();
    const found = await drive.look();
    const judgement = judgeDisc(found, wanted);
    const { name, kind } = found;
    if (judgement.may !== "no" && name !== undefined && kind) {
      const free = { ...found, name, kind };
      if (judgement.may === "yes") return free;
      const may = blank || (await ask(msg`${drive.name}: ${judgement.why}. Shall that be erased?`));
      if (may === true) return free;
      if (may === undefined) {
        throw new MondoError("refused", msg`${drive.name}: ${judgement.why}, and there is no terminal to ask on`, {
          hint: msg`Put in a blank disc, or give --blank, which erases it.`,
        });
      }
    }
    why = judgement.may === "no" ? judgement.why : msg`what the disc holds stays`;
    reporter.warn(`${drive.name}: ${why}`);
    if (eject && name !== undefined) drive.eject();
  }
}

/** Writes one image to a disc and reads it back; onto another one when that fails, as long as somebody puts one in. */
async function burnOne(world: BurnWorld, image: DiscImage, wish: DiscWish, isChanged: boolean): Promise<void> {
  const { host, drive, reporter, signal } = world;
  const { path, sizeBytes, manifest } = image;
  const { families, blank, eject } = wish;
  const what = whatOf(image);
  const wanted = { set: manifest.set, number: mediumOf(manifest).number, sizeBytes, families };
  let failure: MondoError | undefined;
  for (let why = isChanged ? msg`${what} needs another disc` : undefined; ; why = failure?.message) {
    const search = { what, blank, eject, ...(why === undefined ? {} : { why }) };
    const { kind } = await freeDisc(world, wanted, search).catch((error: unknown) => {
      // Nobody puts one in: why the last one was no good is what counts.
      throw failure ?? error;
    });
    try {
      reporter.step(msg`Writing ${what} to ${drive.name}`);
      await drive.burn({ image: path, sizeBytes, ...(wish.speed === undefined ? {} : { speed: wish.speed }) }, kind);
      reporter.step(msg`Reading it back`);
      await compareDisc(host, drive, path, sizeBytes, reporter, signal);
      return;
    } catch (error) {
      if (!(error instanceof MondoError) || signal.aborted || error.code === "tool-missing") throw error;
      failure = error;
      reporter.warn(messageOf(error));
      if (eject) drive.eject();
    }
  }
}

/** The failure with what is written already, and how to go on. */
function told(failure: unknown, done: readonly DiscImage[], left: readonly DiscImage[], drive: DiscDrive): unknown {
  if (!(failure instanceof MondoError)) return failure;
  const numbers = done.map(({ manifest }) => mediumOf(manifest).number).join(", ");
  const good = done.length === 0 ? "" : msg`Good already: disc ${numbers}. `;
  const first = failure.hint === undefined ? "" : `${failure.hint} `;
  const hint = msg`${first}${good}Write the rest with: mondo burn -d ${drive.name} ${left.map(({ path }) => path).join(" ")}`;
  // Something was touched.
  const code = failure.code === "refused" && done.length > 0 ? "system" : failure.code;
  return new MondoError(code, failure.message, { hint, cause: failure, data: failure.data });
}

/**
 * Writes images to discs, each to one of its own, and reads each disc back. Discs are asked for; what one holds is only
 * erased after a yes, and never that of another disc of the same backup. Throws what keeps it from going on, with how
 * to write the images that are left; the discs before are good.
 */
export async function burnImages(world: BurnWorld, images: readonly DiscImage[], wish: DiscWish): Promise<void> {
  const { drive, reporter, signal } = world;
  for (const [index, image] of images.entries()) {
    try {
      await burnOne(world, image, wish, index > 0);
    } catch (error) {
      if (signal.aborted) throw error;
      throw told(error, images.slice(0, index), images.slice(index), drive);
    }
    const { number, of } = mediumOf(image.manifest);
    const label = msg`Label the disc: ${image.manifest.host.name}, ${number} of ${of}`;
    reporter.step(msg`${whatOf(image)} is written and was read back without a difference. ${label}`);
    if (wish.eject) drive.eject();
  }
}
