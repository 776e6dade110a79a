import { dateText } from "../archive/set/chain.ts";
import { openSet } from "../archive/set/open-set.ts";
import { requireNotable } from "../archive/verify/reading-note.ts";
import { runBackup } from "../backup/backup.ts";
import { requireRoot } from "../backup/checks.ts";
import { describeHost } from "../backup/describe-host.ts";
import { directoryHome } from "../backup/directory-home.ts";
import { runForImage, withImage } from "../backup/image-commands.ts";
import { writeJournal } from "../backup/journal-entry.ts";
import { CACHE } from "../backup/leftovers.ts";
import { writeMetrics } from "../backup/metrics-file.ts";
import { isoPathOf } from "../backup/request.ts";
import { foundLoaders } from "../backup/require-loader.ts";
import { failureOf, type RunSummary, statusOf, summaryOf } from "../backup/run-summary.ts";
import { lastFull } from "../backup/set-store.ts";
import { type StickWish, withStick } from "../backup/stick/with-stick.ts";
import { verifyIso } from "../backup/verify-iso.ts";
import { verifyWrittenStream } from "../backup/verify-written-stream.ts";
import { verifyWrittenTape } from "../backup/verify-written-tape.ts";
import { type HookedRun, type RunEnd, withHooks } from "../backup/with-hooks.ts";
import { exitCodeOf, MondoError, messageOf } from "../base/errors.ts";
import { msg, told } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import { requireBurner } from "../discs/burners.ts";
import type { Host } from "../host/host.ts";
import { keepNewFilesPrivate } from "../host/self.ts";
import { STANDARD_STREAM } from "../host/stream-file.ts";
import { chooseKernel } from "../image/choose-kernel.ts";
import { renderIpConf } from "../network/ip-conf.ts";
import { probeMachine } from "../probe/probe.ts";
import type { OpenStore, Share } from "../shares/share-driver.ts";
import { sourceOf } from "../shares/share-words.ts";
import { openLogFile } from "../ui/log-file.ts";
import { logReporter, teeReporter } from "../ui/reporters.ts";
import { readList } from "./archive-list.ts";
import { type ArchiveOptions, decodeArchiveOptions } from "./archive-options.ts";
import { archiveSpec } from "./archive-spec.ts";
import { withDiscSize, writeDiscs } from "./archive-to-discs.ts";
import { placeInStore, pruneInStore, verifyInStore } from "./archive-to-store.ts";
import { askOnTerminal, saysNothing } from "./ask-backup/ask-on-terminal.ts";
import { askPhraseOn } from "./ask-phrase-on.ts";
import type { Command, CommandContext } from "./command.ts";
import { archivedCopies } from "./copies-option.ts";
import { credentialsOf } from "./credentials-option.ts";
import { dashed } from "./spec.ts";
import { stoppable } from "./stoppable.ts";
import { forBackup, withShare } from "./with-share.ts";
import { withStatusPage } from "./with-status-page.ts";

const LOG = "/var/log/mondo-archive.log";

/** The reporter of the command, and the log file beside it. */
function withLog({ host, reporter }: CommandContext) {
  const append = openLogFile(host, LOG, (text) => reporter.warn(text));
  return teeReporter([reporter, logReporter(append, host.nowMs)]);
}

/** Without a backup that was just made: the one of this name, of directories the newest. */
function placeToVerify(host: Host, options: ArchiveOptions): string {
  const { medium } = options;
  if (medium?.kind === "discs") return requireBurner(host, medium.device);
  if (medium?.kind !== "directory") return isoPathOf(options);
  return openSet(host, directoryHome(host, options), options.prefix).name;
}

/** What was begun is cleared away, what was there before stays. */
const interrupted =
  ({ medium, directory }: ArchiveOptions) =>
  (name: string) => {
    const [what, hint] =
      medium?.kind === "tape"
        ? [msg`the backup on the tape is not complete`, msg`Start it again.`]
        : medium?.kind === "discs"
          ? [
              msg`a disc that was being written is of no use`,
              msg`mondo burn writes images that are whole in ${directory}.`,
            ]
          : [msg`the unfinished backup was removed`, msg`Earlier backups are as they were.`];
    return new MondoError("cancelled", msg`interrupted (${name}); ${what}`, { hint, data: { signal: name } });
  };

/** Reads a medium back, the one `made` just now if any, and compares it; returns the number of differences. */
function verifyMedium({ host, options, reporter, signal, open }: Running, made: string | undefined): Promise<number> {
  const { medium } = options;
  if (medium?.kind === "tape") return verifyWrittenTape(host, options, medium.device, reporter, signal);
  if (open) return verifyInStore(host, { open, options }, reporter, signal);
  if (medium?.kind === "stream") return verifyWrittenStream(host, options, medium.target, reporter, signal);
  // What was made just now is read back in any case.
  const note = options.note ? (made === undefined ? "must" : "may") : undefined;
  return verifyIso(host, options, made ?? placeToVerify(host, options), reporter, signal, { note });
}

/** Makes the backup, and runs what is to be run for its images. */
async function makeBackup({ host, options, reporter, signal, started, open }: Running): Promise<RunEnd> {
  const result = await runBackup(host, options, reporter, signal, askPhraseOn(host));
  const { made, manifest, readLive = [], isKnown } = result;
  for (const problem of manifest.problems) reporter.warn(`${problem.path}: ${told(problem.reason)}`);
  if (readLive.length > 0) reporter.warn(msg`Read live, because a snapshot got full: ${readLive.join(", ")}`);
  const seconds = (host.nowMs() - started) / 1000;
  for (const { name, sizeBytes } of made.slice(0, -1)) reporter.step(`${name}: ${formatBytes(sizeBytes)}`);
  const last = made.at(-1);
  const size = formatBytes(last?.sizeBytes ?? 0);
  reporter.step(msg`${last?.name}: ${size}, ${manifest.entries} entries, ${formatDuration(seconds)}`);
  for (const [index, { name }] of options.afterImage === undefined ? [] : made.entries()) {
    const occasion = { option: "-A", iso: name, number: index + 1 } as const;
    await runForImage(host, options.afterImage ?? "", occasion, reporter, signal);
  }
  const [{ name: first } = { name: "" }] = made;
  // What the next differential backup would still build on stays.
  if (open && isKnown !== false) await pruneInStore(host, { open, options }, first, reporter, signal);
  return { status: statusOf(result), made, manifest, readLive };
}

/** Half a day earlier than the days are over: no run begins at the same second each night. */
const EARLY_SECONDS = 12 * 3600;

/** A full backup where the last one is too old, or there is none. */
function withLevel(host: Host, options: ArchiveOptions, reporter: Reporter): ArchiveOptions {
  const { fullEvery, diffLevel, setName, parent } = options;
  if (fullEvery === undefined || diffLevel === 0 || parent !== undefined) return options;
  const last = lastFull(host, options);
  const age = Math.floor(host.nowMs() / 1000) - (last ?? 0);
  if (last !== undefined && age >= 0 && age < fullEvery * 86_400 - EARLY_SECONDS) return options;
  const why = last === undefined ? msg`no earlier one is known here` : msg`the last one is of ${dateText(last)}`;
  reporter.info(msg`This is a full backup: ${why}`);
  return { ...options, diffLevel: 0, prefix: setName, content: false };
}

/** A run that is under way. */
interface Running {
  readonly host: Host;
  readonly options: ArchiveOptions;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** In ms since 1970. */
  readonly started: number;
  /** The part of a store that is this machine's, when it goes there. */
  readonly open?: OpenStore;
  readonly run: HookedRun;
  /** Called when the place is ready: from here on what is begun clears up after itself. */
  readonly reached: () => void;
}

/** Backs up and verifies, in a place that is ready. */
async function doTasks(running: Running): Promise<RunEnd> {
  const { host, options, reporter, signal, run, reached } = running;
  reached();
  signal.throwIfAborted();
  if (options.note) requireNotable(options.directory);
  const nothing: RunEnd = { status: 0, made: [] };
  const hooked = { ...running, options: { ...options, hooks: run.hooks } };
  const end = options.backup ? await makeBackup(hooked) : nothing;
  const images = options.medium?.kind === "discs" ? end.made.map(({ name }) => name) : [];
  if (options.medium?.kind === "discs" && options.backup) {
    await writeDiscs(host, options, options.medium, images, reporter, signal);
  }
  const differences = options.verify ? await verifyMedium(running, end.made[0]?.name) : 0;
  // They are on discs, each of which was read back.
  for (const image of images) host.remove(image);
  return run.ended(differences > 0 ? { ...end, status: 4 } : end);
}

/** Tells those who watch over it how a run went; that they can't be told does not make it worse. */
async function tellRun(host: Host, { metrics, job }: ArchiveOptions, run: RunSummary, reporter: Reporter) {
  reporter.event?.("summary", run);
  const tried = async (what: string, work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      reporter.warn(msg`${what} could not be written: ${messageOf(error)}`);
    }
  };
  if (metrics !== undefined) await tried(metrics, () => writeMetrics(host, metrics, run));
  if (job !== undefined || host.env.INVOCATION_ID) await tried(msg`The journal`, () => writeJournal(host, run));
}

/** With the places of copies as a rescue system finds them. */
async function withCopies({ host, options, reporter }: Running): Promise<ArchiveOptions> {
  return { ...options, copies: await archivedCopies(host, options.backup ? options.copyPlaces : [], reporter) };
}

/** Goes to the place of the backup, and does the tasks there. */
function inPlace(context: CommandContext, running: Running): Promise<RunEnd> {
  const { host, options, reporter, signal } = running;
  const { share, stick, store, medium } = options;
  if (medium?.kind === "discs" && options.backup) {
    return withDiscSize(host, options, medium, reporter, signal).then((sized) =>
      doTasks({ ...running, options: sized }),
    );
  }
  if (stick) return runOnStick(running, stick);
  if (share) return runOnShare(context, running, share);
  if (!store) return doTasks(running);
  return placeInStore(context, options, store, reporter).then((placed) =>
    doTasks({ ...running, ...placed }).finally(() => placed.open.close?.()),
  );
}

/** Fails when the signal aborts, as long as nothing has been begun that clears up after itself. */
function untilReached(signal: AbortSignal, isReached: () => boolean): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      if (!isReached()) reject(signal.reason);
    });
  });
}

/** A run with all that is around it: its hooks, and those who are told how it went. */
async function runArchive(context: CommandContext, asked: ArchiveOptions, reporter: Reporter): Promise<number> {
  const { host } = context;
  const started = host.nowMs();
  requireCommands(asked);
  const options = withLevel(host, asked, reporter);
  reporter.log(
    `mondo archive ${JSON.stringify({ ...options, share: options.share?.name, store: options.store?.name, copyPlaces: options.copyPlaces.map(sourceOf) })}`,
  );
  // A terminal that goes away takes the messages with it, not the backup: the log has them.
  const onHangUp = () => reporter.log("The terminal has gone; the backup goes on");
  const work = (signal: AbortSignal) => {
    let isReached = false;
    const hooked = { request: options, directory: options.backup ? options.hooksIn : undefined };
    return withHooks(host, hooked, reporter, signal, (run) => {
      const reached = () => {
        isReached = true;
      };
      const running = { host, options, reporter, signal, started, run, reached };
      const placed = withCopies(running).then((known) => inPlace(context, { ...running, options: known }));
      return Promise.race([placed, untilReached(signal, () => isReached)]);
    });
  };
  const time = () => ({ startedMs: started, endedMs: host.nowMs() });
  try {
    const end = await stoppable(interrupted(options), work, { onHangUp });
    await tellRun(host, options, summaryOf(host, options, end, time()), reporter);
    return end.status;
  } catch (error) {
    await tellRun(host, options, failureOf(host, options, error, exitCodeOf(error), time()), reporter);
    throw error;
  }
}

/**
 * With the directory where the share is, and what a restore over the network needs to find it again.
 */
function runOnShare({ host, words }: CommandContext, running: Running, share: Share): Promise<RunEnd> {
  const { options } = running;
  const below = options.directory === "/" ? "" : options.directory;
  return withShare(host, share, { ...forBackup, ...credentialsOf(host, words) }, ({ directory, ipconf, archived }) => {
    const found = ipconf ? { ipconf: renderIpConf(ipconf) } : {};
    const network = { ...archived(below), prefix: options.prefix, ...found };
    return doTasks({ ...running, options: { ...options, directory: directory + below, network } });
  });
}

/** `-Q`: a line for each boot loader. */
async function showLoader({ host, words, write }: CommandContext): Promise<number> {
  const other = [...words.flags, ...words.values.keys(), ...words.lists.keys()].find((key) => key !== "show-loader");
  if (other !== undefined) {
    throw new MondoError("usage", msg`-Q and ${dashed(other)} contradict each other`, { hint: msg`Give -Q alone.` });
  }
  requireRoot();
  for (const { name, disks } of foundLoaders(await probeMachine(host, "/"))) write(`${[name, ...disks].join(" ")}\n`);
  return 0;
}

/** Commands of `-A` and `-B` that can't be run as they are, before anything is done. */
function requireCommands(options: ArchiveOptions): void {
  for (const [option, command] of [
    ["-B", options.beforeImage],
    ["-A", options.afterImage],
  ] as const) {
    if (command !== undefined) withImage(command, { option, iso: isoPathOf(options), number: 1 });
  }
}

/** With the directory where the stick is mounted. What is wrong with `-k` is told before the stick is erased. */
async function runOnStick(running: Running, stick: StickWish): Promise<RunEnd> {
  const { host, options, reporter } = running;
  const wanted = { root: "/", kernel: options.kernel, cacheDirectory: CACHE };
  // What is worth knowing about it, the backup tells.
  if (options.backup) await chooseKernel(host, wanted, { ...reporter, info() {}, warn() {} });
  const isFile = !/^(\/dev\/|serial:)/.test(stick.name);
  return withStick(host, stick, reporter, (directory) =>
    doTasks({ ...running, options: { ...options, directory, ...(isFile ? { outputs: [stick.name] } : {}) } }),
  );
}

/** Does what the words say, where they say. */
export async function archiveMachine(context: CommandContext): Promise<number> {
  const { host, words } = context;
  const decoded = decodeArchiveOptions(words, context.classic);
  requireRoot();
  const options = decoded.list === undefined ? decoded : { ...decoded, include: readList(host, decoded.list) };
  // An ISO holds /etc/shadow and all other secrets of the machine.
  keepNewFilesPrivate();
  const title = msg`Backup of ${describeHost(host, "/").name}`;
  return withStatusPage(context, title, withLog(context), (reporter) => runArchive(context, options, reporter));
}

/** `mondo archive`, `mondoarchive`. */
export const archiveCommand: Command = {
  spec: archiveSpec,
  forArchives: true,
  givesOutput: ({ values }) => values.get("stream") === STANDARD_STREAM,
  async run(context) {
    if (context.words.flags.has("show-loader")) return showLoader(context);
    if (!saysNothing(context)) return archiveMachine(context);
    requireRoot();
    const asked = await askOnTerminal(context);
    if (asked === "nobody") return archiveMachine(context);
    if (asked === "left") return 10;
    const { words, job } = asked;
    const named = job === undefined ? words : { ...words, values: new Map([...words.values, ["job", job]]) };
    return archiveMachine({ ...context, words: named, classic: false });
  },
};
