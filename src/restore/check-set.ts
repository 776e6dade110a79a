import { mountedBootPart } from "../archive/set/boot-part.ts";
import { dateText } from "../archive/set/chain.ts";
import type { MediumPass } from "../archive/set/media-passes.ts";
import { passesOf } from "../archive/set/media-passes.ts";
import type { FileSpan, VolumeInfo } from "../archive/set-files.ts";
import { dropNotes } from "../archive/verify/reading-note.ts";
import { bootCoverOf, verifyBoot } from "../archive/verify/verify-boot.ts";
import { type DamagedVolume, damagedVolumes, shownPath, verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { About, Choice } from "../ui/ask.ts";
import type { MediaSource, RestoreContext } from "./context.ts";
import { agreeToDamage, goesOnWithout } from "./damaged-set.ts";
import type { Reading } from "./reading.ts";
import { agreeToStranger } from "./stranger.ts";

const keyOf = ({ set = "", medium }: MediumPass): string => `${set}/${medium}`;

const requestOf = ({ manifest, setDirectory, locate }: RestoreContext, volumes: readonly VolumeInfo[]) => ({
  directory: setDirectory,
  manifest: { catalog: manifest.catalog, volumes },
  ...(locate ? { locate } : {}),
});

const volumesOn = ({ manifest }: RestoreContext, pass: MediumPass): VolumeInfo[] =>
  manifest.volumes.filter((_, index) => pass.volumes.has(index));

/** Reads a medium when its turn comes; throws `damaged`. */
async function checkMedium(context: RestoreContext, pass: MediumPass): Promise<void> {
  if (context.checkedMedia.has(keyOf(pass))) return;
  await verifyVolumes(requestOf(context, volumesOn(context, pass)), context.reporter);
  context.checkedMedia.add(keyOf(pass));
}

function spanOf({ host, setDirectory, locate }: RestoreContext, name: string): FileSpan | undefined {
  if (locate) return locate(name);
  const path = `${setDirectory}/${name}`;
  const stat = host.stat(path);
  return stat && { path, offset: 0, sizeBytes: stat.sizeBytes };
}

/** Why a file can't be read to its end; an image may have been cut off. */
function unreadableEnd({ host }: RestoreContext, { path, offset, sizeBytes }: FileSpan): string | undefined {
  try {
    const isThere = sizeBytes === 0 || host.readAt(path, offset + sizeBytes - 1, 1).length === 1;
    return isThere ? undefined : msg`ends before its last byte`;
  } catch (error) {
    return msg`can't be read at its end: ${messageOf(error)}`;
  }
}

function missingWhy(context: RestoreContext, file: VolumeInfo, span: FileSpan | undefined): string | undefined {
  if (!span) return msg`is missing`;
  if (span.sizeBytes !== file.sizeBytes) return msg`is ${span.sizeBytes} bytes long instead of ${file.sizeBytes}`;
  return unreadableEnd(context, span);
}

/** Why a volume can't be what was written, as far as that is seen without reading all of it. */
function missingPart(context: RestoreContext, file: VolumeInfo): DamagedVolume[] {
  const span = spanOf(context, file.name);
  const what = missingWhy(context, file, span);
  if (what === undefined) return [];
  const path = shownPath(context.setDirectory, file.name, span);
  const hint = msg`Use another copy of the backup: this one is not what was written.`;
  return [{ file, error: new MondoError("damaged", `${path} ${what}`, { data: { path }, hint }) }];
}

/**
 * Looks at volumes before anything is written; collects what is damaged. `during`: they are not read, the catalog is.
 */
async function findDamage(
  context: RestoreContext,
  volumes: readonly VolumeInfo[],
  reading: Reading,
): Promise<DamagedVolume[]> {
  const found: DamagedVolume[] = [];
  const read = reading === "before" ? volumes : [];
  for await (const one of damagedVolumes(requestOf(context, read), context.reporter)) found.push(one);
  const missing = reading === "before" ? [] : volumes.flatMap((file) => missingPart(context, file));
  const all = [...found, ...missing];
  const { host, reporter, manifest, setDirectory: directory } = context;
  // The next restore must not go by what this one knows better.
  if (all.length > 0) {
    dropNotes({ host, reporter, set: { directory, manifest, locate: (name) => spanOf(context, name) } });
  }
  return withoutSpared(context, all);
}

/** What no copy elsewhere stands in for. */
async function withoutSpared(
  { spares, reporter, remarks }: RestoreContext,
  found: readonly DamagedVolume[],
): Promise<DamagedVolume[]> {
  const left: DamagedVolume[] = [];
  for (const one of found) {
    const place = await spares?.take(one.file);
    if (place === undefined) {
      left.push(one);
      continue;
    }
    const text = msg`${one.error.message}: that on ${place} is used instead`;
    reporter.warn(text);
    remarks.push(text);
  }
  return left;
}

/** What a check before the first write does. */
interface Manner {
  /** Whether a person is asked for what is not here, or it waits. */
  readonly way: "ask" | "later";
  readonly reading: Reading;
}

/**
 * Checks a medium before anything is written, once. What is damaged on it is agreed to, or thrown: it isn't asked for
 * again.
 */
async function checkBefore(
  context: RestoreContext,
  pass: MediumPass,
  { way, reading }: Manner,
): Promise<string | undefined> {
  if (context.checkedMedia.has(keyOf(pass))) return undefined;
  const found = await findDamage(context, volumesOn(context, pass), reading);
  const cost = found.length === 0 ? undefined : await agreeToDamage(context, found, [], way);
  context.checkedMedia.add(keyOf(pass));
  return cost;
}

/** Checks the medium that this rescue system started from, if its files can be seen: damage there breaks its tools. */
async function checkRescue({ host, manifest, setDirectory, reporter, locate }: RestoreContext): Promise<void> {
  const part = locate ? undefined : mountedBootPart(host, setDirectory);
  const { defects } = await verifyBoot(host, part, bootCoverOf(manifest, locate));
  for (const defect of defects) {
    reporter.warn(msg`${defect}: this rescue system may be damaged; if it fails, start another copy of the medium`);
  }
}

/** What will be read, medium by medium. */
function passes({ manifest, needed }: RestoreContext): MediumPass[] {
  const used = manifest.volumes.flatMap((volume, index) => (needed?.includes(volume) ? [index] : []));
  return passesOf(manifest.volumes, needed && new Set(used));
}

/** Checks the media that are here; returns those that are not, and what is damaged on the others. */
async function checkReachable(context: RestoreContext, media: MediaSource, manner: Manner) {
  const away: MediumPass[] = [];
  const costs: string[] = [];
  for (const pass of passes(context)) {
    if (context.checkedMedia.has(keyOf(pass))) continue;
    if (!(await media.reach(pass))) away.push(pass);
    else costs.push(...textsOf(await checkBefore(context, pass, manner)));
  }
  return { away, costs };
}

const textsOf = (text: string | undefined): string[] => (text === undefined ? [] : [text]);

/** The outcome when nothing is wrong. */
const SOUND: Readonly<Record<Reading, string>> = {
  before: msg`The backup is intact.`,
  during: msg`All of the backup is here; it is checked while it is restored.`,
};

/** Checks media that a person puts in one after the other; returns the outcome as a sentence. */
async function checkByHand(
  context: RestoreContext,
  media: MediaSource,
  missing: readonly MediumPass[],
  known: readonly string[],
): Promise<string> {
  const skipped: MediumPass[] = [];
  const costs = [...known];
  for (const pass of missing) {
    if (await media.ask(pass, false))
      costs.push(...textsOf(await checkBefore(context, pass, { way: "ask", reading: "before" })));
    else skipped.push(pass);
  }
  if (skipped.length === 0) return costs.join(" ") || SOUND.before;
  const unchecked = msg`Intact, except for what was not checked (${skipped.map((pass) => media.describe(pass)).join(", ")}).`;
  return [...costs, unchecked].join(" ");
}

async function checkMedia(context: RestoreContext, media: MediaSource, manner: Manner): Promise<string> {
  const { reporter, ask } = context;
  const { way, reading } = manner;
  const { away: missing, costs } = await checkReachable(context, media, manner);
  if (missing.length === 0) return costs.join(" ") || SOUND[reading];
  const names = missing.map((pass) => media.describe(pass)).join(", ");
  if (!media.isChanged) {
    throw new MondoError("not-found", msg`${names} can't be found next to the rest of the backup`, {
      hint: msg`Put it there, under any name, and start again. Nothing was written.`,
    });
  }
  reporter.info(msg`Not here: ${names}`);
  if (reading === "during") {
    reporter.info(msg`You will be asked for each when it is needed`);
    return [...costs, msg`What is here is checked while it is restored; you will be asked for ${names}.`].join(" ");
  }
  if (way === "ask" && (await ask.confirm(msg`Check these media, too, before anything is written?`, true, CHECK))) {
    return await checkByHand(context, media, missing, costs);
  }
  reporter.info(msg`You will be asked for each when it is needed; it is checked before it is used`);
  return [...costs, msg`What is here is intact; you will be asked for ${names}.`].join(" ");
}

/**
 * When to read a set. Where a restore can take something away (`isBlank`: nothing lies on the disks), damage must show
 * before the first write. So it must where discs are changed, or servers have copies: for a bad one, another copy can
 * still be taken.
 */
export function whenToRead(
  { check, media, trusted, spares, lastReading, reporter }: Readable,
  isBlank: boolean,
): Reading {
  // Checksums of frames tell damage, not who made them; nor does a note beside them.
  if (trusted) {
    if (check === "recent") reporter.info(msg`mondo.check=recent: ignored, because this backup must be signed`);
    return "before";
  }
  const usual = isBlank && media?.isChanged !== true && !spares ? "during" : "before";
  if (check !== "recent" || usual === "during") return check === "recent" ? usual : (check ?? usual);
  const last = lastReading?.() ?? { why: msg`there is no note of an earlier reading` };
  if ("why" in last) {
    reporter.info(msg`mondo.check=recent: all of the backup is read before anything is written; ${last.why}`);
    return "before";
  }
  reporter.warn(
    msg`mondo.check=recent: the backup was whole on ${dateText(last.at)}, and is not read again before the disks are written to`,
  );
  return "during";
}

type Readable = Pick<RestoreContext, "check" | "media" | "trusted" | "spares" | "lastReading" | "reporter">;

const STEPS: Readonly<Record<Reading, string>> = {
  before: msg`Checking the backup before anything is written`,
  during: msg`Checking the list of files and what boots; the files are checked while they are restored`,
};

/**
 * Reads all of the set that is here and checks that every volume has its length and checksum; `during`: that the
 * catalog has, and that the volumes are there. Other media are asked for now if a person (`ask`) wants that, or checked
 * when their turn comes. Returns the outcome as a sentence. Throws `damaged` unless a person, or the context, goes on
 * without the files that damage costs.
 */
export async function checkSet(context: RestoreContext, away: "ask" | "later", reading: Reading): Promise<string> {
  const { reporter, media, manifest, needed } = context;
  await agreeToStranger(context, away);
  // What shows while files are made must have copies at hand by then.
  await context.spares?.reach(manifest, reading === "during");
  reporter.step(STEPS[reading]);
  await checkRescue(context);
  const flaws = manifest.state?.flaws ?? [];
  if (media) {
    const agreed = flaws.length === 0 ? undefined : await agreeToDamage(context, [], flaws, away);
    const outcome = await checkMedia(context, media, { way: away, reading });
    return agreed === undefined ? outcome : `${agreed} ${outcome}`;
  }
  const found = await findDamage(context, needed ?? manifest.volumes, reading);
  return found.length + flaws.length === 0 ? SOUND[reading] : await agreeToDamage(context, found, flaws, away);
}

const CHECK: About = {
  title: msg`Restore: the check of the backup`,
  help: [
    msg`A damaged medium is found now, while the disks still hold what they hold, or later, in the middle of the restore. The check reads each medium once.`,
  ],
};

const DAMAGED: readonly Choice[] = [
  { key: "another", label: msg`Insert another copy of it` },
  { key: "use", label: msg`Use it as it is: damaged files are lost, and listed at the end` },
  { key: "stop", label: msg`Stop the restore; what is restored so far stays on the disks` },
];

/** Asks until there is a choice: ^C makes none. */
async function chooseForDamaged({ ask }: RestoreContext): Promise<string> {
  for (;;) {
    try {
      return await ask.menu(msg`What shall be done?`, DAMAGED, "another");
    } catch (error) {
      if (!(error instanceof MondoError && error.code === "cancelled")) throw error;
    }
  }
}

/** The error when a person stops a restore that asks for a medium. */
export const stoppedAt = (medium: string) =>
  new MondoError("cancelled", msg`the restore was stopped when ${medium} was needed`, {
    hint: msg`The disks hold what was restored so far, but don't boot. Start the restore again.`,
  });

async function provide(context: RestoreContext, media: MediaSource, pass: MediumPass): Promise<void> {
  const { reporter } = context;
  for (let another = false; ; another = true) {
    const isThere = !another && (await media.reach(pass));
    if (!isThere && !(await media.ask(pass, another))) {
      reporter.warn(msg`Continuing without ${media.describe(pass)}: what is on it is lost, and listed at the end`);
      return;
    }
    // A person who wants everything read once does without another copy, too.
    if (context.checkedMedia.has(keyOf(pass)) || (context.check === "during" && !context.trusted)) return;
    try {
      reporter.step(msg`Checking ${media.describe(pass)} before it is used`);
      await checkMedium(context, pass);
      reporter.step(msg`Restoring what is on ${media.describe(pass)}`);
      return;
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
      reporter.warn(messageOf(error));
    }
    if (goesOnWithout(context)) return;
    const choice = await chooseForDamaged(context);
    if (choice === "use") return;
    if (choice === "stop") throw stoppedAt(media.describe(pass));
  }
}

/** To be called before a medium is read: when it returns, the medium is there and was checked. */
export function mediumProvider(context: RestoreContext): ((pass: MediumPass) => Promise<void>) | undefined {
  const { media } = context;
  return media && ((pass) => provide(context, media, pass));
}
