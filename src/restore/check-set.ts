import type { MediumPass } from "../archive/set/media-passes.ts";
import { passesOf } from "../archive/set/media-passes.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import type { Choice } from "../ui/ask.ts";
import type { MediaSource, RestoreContext } from "./context.ts";

const keyOf = ({ set = "", medium }: MediumPass): string => `${set}/${medium}`;

async function checkVolumes(context: RestoreContext, volumes: readonly VolumeInfo[]): Promise<void> {
  const { reporter, manifest, setDirectory, locate } = context;
  const files = { catalog: manifest.catalog, volumes };
  await verifyVolumes({ directory: setDirectory, manifest: files, ...(locate ? { locate } : {}) }, reporter);
}

async function checkMedium(context: RestoreContext, pass: MediumPass): Promise<void> {
  if (context.checkedMedia.has(keyOf(pass))) return;
  const volumes = context.manifest.volumes.filter((_, index) => pass.volumes.has(index));
  await checkVolumes(context, volumes);
  context.checkedMedia.add(keyOf(pass));
}

/** What will be read, medium by medium. */
function passes({ manifest, needed }: RestoreContext): MediumPass[] {
  const used = manifest.volumes.flatMap((volume, index) => (needed?.includes(volume) ? [index] : []));
  return passesOf(manifest.volumes, needed && new Set(used));
}

/** Checks the media that are here; returns those that are not. */
async function checkReachable(context: RestoreContext, media: MediaSource): Promise<MediumPass[]> {
  const away: MediumPass[] = [];
  for (const pass of passes(context)) {
    if (context.checkedMedia.has(keyOf(pass))) continue;
    if (await media.reach(pass)) await checkMedium(context, pass);
    else away.push(pass);
  }
  return away;
}

const WHOLE = "The backup is intact.";

/**
 * Reads all of the set that is here and checks that every volume has its length and checksum. Other media are asked for
 * now if a person (`ask`) wants that, or checked when their turn comes. Returns the outcome as a sentence; throws
 * `damaged`.
 */
export async function checkSet(context: RestoreContext, away: "ask" | "later"): Promise<string> {
  const { reporter, media, manifest, needed, ask } = context;
  reporter.step("Checking the backup before anything is written");
  if (!media) {
    await checkVolumes(context, needed ?? manifest.volumes);
    return WHOLE;
  }
  const missing = await checkReachable(context, media);
  if (missing.length === 0) return WHOLE;
  const names = missing.map((pass) => media.describe(pass)).join(", ");
  if (!media.isChanged) {
    throw new MondoError("not-found", `${names} can't be found next to the rest of the backup`, {
      hint: "Put it there, under any name, and start again. Nothing was written.",
    });
  }
  reporter.info(`Not here: ${names}`);
  if (away === "ask" && (await ask.confirm("Check these media, too, before anything is written?", true))) {
    const skipped: MediumPass[] = [];
    for (const pass of missing) {
      if (await media.ask(pass, false)) await checkMedium(context, pass);
      else skipped.push(pass);
    }
    if (skipped.length === 0) return WHOLE;
    return `Intact, except for what was not checked (${skipped.map((pass) => media.describe(pass)).join(", ")}).`;
  }
  reporter.info("You will be asked for each when it is needed; it is checked before it is used");
  return `What is here is intact; you will be asked for ${names}.`;
}

const DAMAGED: readonly Choice[] = [
  { key: "another", label: "Insert another copy of it" },
  { key: "use", label: "Use it as it is: damaged files are lost, and listed at the end" },
  { key: "stop", label: "Stop the restore; what is restored so far stays on the disks" },
];

/** Asks until there is a choice: ^C makes none. */
async function chooseForDamaged({ ask }: RestoreContext): Promise<string> {
  for (;;) {
    try {
      return await ask.menu("What shall be done?", DAMAGED, "another");
    } catch (error) {
      if (!(error instanceof MondoError && error.code === "cancelled")) throw error;
    }
  }
}

/** The error when a person stops a restore that asks for a medium. */
export const stoppedAt = (medium: string) =>
  new MondoError("cancelled", `the restore was stopped when ${medium} was needed`, {
    hint: "The disks hold what was restored so far, but don't boot. Start the restore again: it starts from the beginning.",
  });

async function provide(context: RestoreContext, media: MediaSource, pass: MediumPass): Promise<void> {
  const { reporter } = context;
  for (let another = false; ; another = true) {
    const isThere = !another && (await media.reach(pass));
    if (!isThere && !(await media.ask(pass, another))) {
      reporter.warn(`Continuing without ${media.describe(pass)}: what is on it is lost, and listed at the end`);
      return;
    }
    if (context.checkedMedia.has(keyOf(pass))) return;
    try {
      reporter.step(`Checking ${media.describe(pass)} before it is used`);
      await checkMedium(context, pass);
      reporter.step(`Restoring what is on ${media.describe(pass)}`);
      return;
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
      reporter.warn(messageOf(error));
    }
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
