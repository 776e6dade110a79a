import { openSet } from "../archive/set/open-set.ts";
import { countProblems, isIncomplete } from "../archive/set/saved-problems.ts";
import { runBackup } from "../backup/backup.ts";
import { requireRoot } from "../backup/checks.ts";
import { describeHost } from "../backup/describe-host.ts";
import { directoryHome } from "../backup/directory-home.ts";
import { runForImage, withImage } from "../backup/image-commands.ts";
import { isoPathOf } from "../backup/request.ts";
import { foundLoaders } from "../backup/require-loader.ts";
import { type StickWish, withStick } from "../backup/stick/with-stick.ts";
import { verifyIso } from "../backup/verify-iso.ts";
import { verifyWrittenStream } from "../backup/verify-written-stream.ts";
import { verifyWrittenTape } from "../backup/verify-written-tape.ts";
import { type RunEnd, withHooks } from "../backup/with-hooks.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { keepNewFilesPrivate } from "../host/self.ts";
import { STANDARD_STREAM } from "../host/stream-file.ts";
import { renderIpConf } from "../network/ip-conf.ts";
import { probeMachine } from "../probe/probe.ts";
import type { Share } from "../shares/share-driver.ts";
import { openLogFile } from "../ui/log-file.ts";
import { logReporter, teeReporter } from "../ui/reporters.ts";
import { readList } from "./archive-list.ts";
import { type ArchiveOptions, decodeArchiveOptions } from "./archive-options.ts";
import { archiveSpec } from "./archive-spec.ts";
import { verifyInBucket, withBucketKeys } from "./archive-to-bucket.ts";
import { askPhraseOn } from "./ask-phrase-on.ts";
import type { Command, CommandContext } from "./command.ts";
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
  if (options.medium?.kind !== "directory") return isoPathOf(options);
  return openSet(host, directoryHome(host, options), options.prefix).name;
}

/** What was begun is cleared away, what was there before stays. */
const interrupted =
  ({ medium }: ArchiveOptions) =>
  (name: string) => {
    const isTape = medium?.kind === "tape";
    const what = isTape ? "the backup on the tape is not complete" : "the unfinished backup was removed";
    return new MondoError("cancelled", `interrupted (${name}); ${what}`, {
      hint: isTape ? "Start it again." : "Earlier backups are as they were.",
      data: { signal: name },
    });
  };

/** Reads a medium back, the one `made` just now if any, and compares it; returns the number of differences. */
function verifyMedium(
  host: Host,
  options: ArchiveOptions,
  made: string | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const { medium } = options;
  if (medium?.kind === "tape") return verifyWrittenTape(host, options, medium.device, reporter, signal);
  if (medium?.kind === "bucket") return verifyInBucket(host, medium, options, reporter, signal);
  if (medium?.kind === "stream") return verifyWrittenStream(host, options, medium.target, reporter, signal);
  return verifyIso(host, options, made ?? placeToVerify(host, options), reporter, signal);
}

/** Makes the backup, and runs what is to be run for its images. */
async function makeBackup(
  host: Host,
  options: ArchiveOptions,
  reporter: Reporter,
  signal: AbortSignal,
  started: number,
): Promise<RunEnd> {
  const { made, manifest } = await runBackup(host, options, reporter, signal, askPhraseOn(host));
  for (const problem of manifest.problems) reporter.warn(`${problem.path}: ${problem.reason}`);
  const seconds = (host.nowMs() - started) / 1000;
  for (const { name, sizeBytes } of made.slice(0, -1)) reporter.step(`${name}: ${formatBytes(sizeBytes)}`);
  const last = made.at(-1);
  const size = formatBytes(last?.sizeBytes ?? 0);
  reporter.step(`${last?.name}: ${size}, ${manifest.entries} entries, ${formatDuration(seconds)}`);
  for (const [index, { name }] of options.afterImage === undefined ? [] : made.entries()) {
    const occasion = { option: "-A", iso: name, number: index + 1 } as const;
    await runForImage(host, options.afterImage ?? "", occasion, reporter, signal);
  }
  return { status: isIncomplete(countProblems(manifest.problems)) ? 3 : 0, made, manifest };
}

async function runArchive(host: Host, options: ArchiveOptions, reporter: Reporter): Promise<number> {
  const started = host.nowMs();
  requireCommands(options);
  reporter.log(`mondo archive ${JSON.stringify({ ...options, share: options.share?.name })}`);
  const work = async (signal: AbortSignal): Promise<RunEnd> => {
    const nothing: RunEnd = { status: 0, made: [] };
    const asked = { request: options, directory: options.backup ? options.hooksIn : undefined };
    return withHooks(host, asked, reporter, signal, async (request) => {
      const end = options.backup ? await makeBackup(host, request, reporter, signal, started) : nothing;
      if (!options.verify) return end;
      const differences = await verifyMedium(host, options, end.made[0]?.name, reporter, signal);
      return differences > 0 ? { ...end, status: 4 } : end;
    });
  };
  // A terminal that goes away takes the messages with it, not the backup: the log has them.
  const onHangUp = () => reporter.log("The terminal has gone; the backup goes on");
  return (await stoppable(interrupted(options), work, { onHangUp })).status;
}

/**
 * The same options with the directory where the share is, and what a restore over the network needs to find it again.
 */
async function runOnShare(
  { host, words }: CommandContext,
  options: ArchiveOptions,
  share: Share,
  reporter: Reporter,
): Promise<number> {
  const below = options.directory === "/" ? "" : options.directory;
  return withShare(host, share, { ...forBackup, ...credentialsOf(host, words) }, ({ directory, ipconf, archived }) => {
    const found = ipconf ? { ipconf: renderIpConf(ipconf) } : {};
    const network = { ...archived(below), prefix: options.prefix, ...found };
    return runArchive(host, { ...options, directory: directory + below, network }, reporter);
  });
}

/** `-Q`: a line for each boot loader. */
async function showLoader({ host, words, write }: CommandContext): Promise<number> {
  const other = [...words.flags, ...words.values.keys(), ...words.lists.keys()].find((key) => key !== "show-loader");
  if (other !== undefined) {
    throw new MondoError("usage", `-Q and ${dashed(other)} contradict each other`, { hint: "Give -Q alone." });
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

/** The same options with the directory where the stick is mounted. */
async function runOnStick(host: Host, options: ArchiveOptions, stick: StickWish, reporter: Reporter): Promise<number> {
  const isFile = !/^(\/dev\/|serial:)/.test(stick.name);
  return withStick(host, stick, reporter, (directory) =>
    runArchive(host, { ...options, directory, ...(isFile ? { outputs: [stick.name] } : {}) }, reporter),
  );
}

/** `mondo archive`, `mondoarchive`. */
export const archiveCommand: Command = {
  spec: archiveSpec,
  forArchives: true,
  givesOutput: ({ values }) => values.get("stream") === STANDARD_STREAM,
  async run(context) {
    const { host, words } = context;
    if (words.flags.has("show-loader")) return showLoader(context);
    const decoded = decodeArchiveOptions(words, context.classic);
    requireRoot();
    const options = decoded.list === undefined ? decoded : { ...decoded, include: readList(host, decoded.list) };
    // An ISO holds /etc/shadow and all other secrets of the machine.
    keepNewFilesPrivate();
    const { share, stick, bucket } = options;
    return await withStatusPage(
      context,
      `Backup of ${describeHost(host, "/").name}`,
      withLog(context),
      async (reporter) => {
        if (stick) return await runOnStick(host, options, stick, reporter);
        const placed = bucket ? await withBucketKeys(context, options, bucket, reporter) : options;
        return await (share ? runOnShare(context, options, share, reporter) : runArchive(host, placed, reporter));
      },
    );
  },
};
