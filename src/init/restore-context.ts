import type { Manifest } from "../archive/set/manifest.ts";
import { readTrustedKeys, TRUSTED_KEYS } from "../archive/set/signature.ts";
import type { FileSpan, Locate } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { RestoreContext } from "../restore/context.ts";
import { watchedCountdown } from "../status/watched-ask.ts";
import type { Ask } from "../ui/ask.ts";
import { countdown } from "../ui/countdown.ts";
import { replayingAsk } from "../ui/given-answers.ts";
import { LOG_PATH } from "../ui/rescue-log.ts";
import { carriersOfSets } from "./medium/carriers-of-sets.ts";
import type { Medium } from "./medium/mounted-medium.ts";
import { catalogCopy, mediaParts, ownMedium } from "./medium/set-parts.ts";
import { SpareSets } from "./medium/spare-sets.ts";
import type { Rescue } from "./rescue.ts";

const RESTORE_ROOT = "/mnt/restore";

/** The keys that the set of this rescue system was signed with. */
function trustedHere(host: Host): Pick<RestoreContext, "trusted"> {
  return host.exists(TRUSTED_KEYS) ? { trusted: readTrustedKeys(host, TRUSTED_KEYS) } : {};
}

/** Who answers questions: the file of answers first, if it has any, then whoever is there. */
export function answeredBefore({ ask, answers }: Pick<Rescue, "ask" | "answers">): Ask {
  const { asked, ui = "plain", unattended = false } = answers ?? {};
  if (!asked && !unattended) return ask;
  return replayingAsk({ asked: asked ?? [], ui }, msg`the answers`, unattended ? undefined : ask);
}

/** A countdown at the consoles, which a browser may stop where it may answer. */
function countdownIn({ host, consoles, watch }: Rescue): RestoreContext["countdown"] {
  return (seconds, text) => {
    const wait = () => countdown(host, consoles, seconds, text);
    return watch ? watchedCountdown(watch, text, wait) : wait();
  };
}

/** What a mode works with. Throws `not-found` when there is no set. */
export async function restoreContext(rescue: Rescue): Promise<RestoreContext> {
  const { host, reporter, keyboard, manifest, options, answers, sticks } = rescue;
  const check = options.check ?? answers?.check;
  const luksKey = options.luksKey ?? answers?.luksKey;
  const keep = options.keep ?? answers?.keep;
  if (!rescue.medium || !manifest) {
    throw new MondoError("not-found", msg`no backup set was found`, {
      hint: msg`Insert its medium and look for it again.`,
    });
  }
  const medium = await ownMedium(rescue, manifest);
  // A stick with another disc of the set, or a copy of this one, looks like a disk to restore onto.
  const others = await carriersOfSets(
    host,
    [manifest, ...(manifest.parents ?? [])].map(({ set }) => set),
  );
  return {
    host,
    reporter,
    manifest,
    setDirectory: medium.setDirectory,
    checkedMedia: new Set(),
    carriers: [...new Set([...medium.carriers, ...others, ...sticks])],
    root: RESTORE_ROOT,
    firmware: host.exists("/sys/firmware/efi") ? "uefi" : "bios",
    resize: options.resize && answers?.resize !== false,
    partition: options.partition && answers?.partition !== false,
    ...(keep === undefined ? {} : { keep }),
    ask: answeredBefore(rescue),
    keyboard,
    countdown: countdownIn(rescue),
    hooks: options.hooks ? "call" : "no",
    ...trustedHere(host),
    ...(luksKey === undefined ? {} : { luksKey }),
    ...(check === undefined ? {} : { check }),
    ...(options.resume === undefined ? {} : { resume: options.resume }),
    withoutDamaged: options.withoutDamaged || answers?.withoutDamaged === true,
    ...(answers === undefined ? {} : { answers }),
    remarks: [],
    isRescue: true,
    logText: () => host.tryReadText(LOG_PATH) ?? "",
    ...withSpares(rescue, medium, manifest, mediaParts(rescue, manifest)),
  };
}

type Parts = ReturnType<typeof mediaParts>;

/**
 * The parts of a set, with copies on other servers in place of what is damaged, or away later. The catalog is in RAM
 * then.
 */
function withSpares(rescue: Rescue, medium: Medium, manifest: Manifest, parts: Parts): Partial<RestoreContext> {
  if (rescue.network.spares.length === 0) return parts;
  const spares = new SpareSets(rescue, manifest.set, rescue.host.exists(TRUSTED_KEYS));
  const catalog = catalogCopy(rescue, manifest);
  // Behind a loop device a server that is away could not be told from a damaged file.
  const image = medium.reopen?.().locate;
  const here = parts.locate ?? image ?? ((name: string) => fileIn(rescue.host, medium.setDirectory, name));
  const own = remembered((name) => (name === manifest.catalog.name ? catalog : here(name)));
  return { ...parts, spares, locate: (name) => spares.withCopies(name, own(name)) };
}

/** What was found once: its server may not be there when it is asked for again. */
function remembered(locate: Locate): Locate {
  const known = new Map<string, FileSpan>();
  return (name) => {
    const span = known.get(name) ?? locate(name);
    if (span) known.set(name, span);
    return span;
  };
}

function fileIn(host: Host, directory: string, name: string): FileSpan | undefined {
  const path = `${directory}/${name}`;
  const stat = host.lstat(path);
  return stat?.kind === "file" ? { path, offset: 0, sizeBytes: stat.sizeBytes } : undefined;
}
