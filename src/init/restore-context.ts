import type { Manifest } from "../archive/set/manifest.ts";
import { readTrustedKeys, TRUSTED_KEYS } from "../archive/set/signature.ts";
import type { FileSpan, Locate } from "../archive/set-files.ts";
import { type LastReading, lastReading } from "../archive/verify/reading-note.ts";
import { MondoError, messageOf } from "../base/errors.ts";
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

/** What a recent reading left word of; of a set that can't be opened now, nothing: it is read, with its copies. */
const lastReadingOf = (host: Host, reopen: NonNullable<Medium["reopen"]>) => (): LastReading => {
  try {
    return lastReading(host, reopen());
  } catch (error) {
    return { why: messageOf(error) };
  }
};

/** A countdown at the consoles, which a browser may stop where it may answer. */
function countdownIn({ host, consoles, watch }: Rescue): RestoreContext["countdown"] {
  return (seconds, text, by = "anybody") => {
    const wait = (signal?: AbortSignal) => countdown(host, consoles, seconds, text, signal);
    return watch ? watchedCountdown(watch, text, seconds, by, wait) : wait();
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
    ...(medium.on !== "tape" && medium.reopen ? { lastReading: lastReadingOf(host, medium.reopen) } : {}),
    ...(options.resume === undefined ? {} : { resume: options.resume }),
    withoutDamaged: options.withoutDamaged || answers?.withoutDamaged === true,
    ...(answers === undefined ? {} : { answers }),
    remarks: [],
    isRescue: true,
    logText: () => host.tryReadText(LOG_PATH) ?? "",
    ...(await withSpares(rescue, medium, manifest, mediaParts(rescue, manifest))),
  };
}

type Parts = ReturnType<typeof mediaParts>;

const isSame = (some: readonly string[], others: readonly string[]) => some.join("\n") === others.join("\n");

/**
 * Chooses the servers with copies: of what a server has, those that were not it; of what this machine has, where it was
 * written and the others, whose network is only set up when one is needed. Nobody has copies of a tape.
 */
async function chooseSpares({ network, log }: Rescue, { on }: Medium): Promise<void> {
  if (on === "server") return;
  const { source, spares } = network.wishes;
  const wanted = on === "tape" || !spares ? [] : [source ?? [], spares].flat();
  if (isSame(wanted, network.spares)) return;
  const { detach } = network;
  network.detach = async () => {};
  network.spares = wanted;
  await detach().catch((error) => log(messageOf(error)));
}

/**
 * The parts of a set, with copies on servers in place of what is damaged, or away later. The catalog of a set on a
 * server is in RAM then.
 */
async function withSpares(
  rescue: Rescue,
  medium: Medium,
  manifest: Manifest,
  parts: Parts,
): Promise<Partial<RestoreContext>> {
  await chooseSpares(rescue, medium);
  if (rescue.network.spares.length === 0) return parts;
  const spares = new SpareSets(rescue, manifest.set, { isSigned: rescue.host.exists(TRUSTED_KEYS) });
  // Behind a loop device a server that is away could not be told from a damaged file.
  const image = medium.reopen?.().locate;
  const here = parts.locate ?? image ?? ((name: string) => fileIn(rescue.host, medium.setDirectory, name));
  const own = medium.on === "server" ? lasting(here, manifest.catalog.name, catalogCopy(rescue, manifest)) : here;
  return { ...parts, spares, locate: (name) => spares.withCopies(name, own(name)) };
}

/** Files on a server, of which the catalog is in RAM. */
function lasting(here: Locate, name: string, catalog: FileSpan): Locate {
  return remembered((one) => (one === name ? catalog : here(one)));
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
