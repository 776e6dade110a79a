import { readTrustedKeys } from "../archive/set/signature.ts";
import { PieceReader, type StreamSource } from "../archive/stream/piece-reader.ts";
import { spoolStream } from "../archive/stream/spool.ts";
import { namesStream, sourceOf } from "../archive/stream/stream-place.ts";
import { verifyStream } from "../archive/stream/verify-stream.ts";
import { withTapeDrive, withTapeSource } from "../archive/tape/read-tape.ts";
import { describeSetOnTape, type SetOnTape, setsOnTape } from "../archive/tape/sets-on-tape.ts";
import { isTapeDrive } from "../archive/tape/tape-devices.ts";
import { readTapeEnd } from "../archive/tape/tape-end.ts";
import { noNoteBeside } from "../archive/verify/reading-note.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import type { Host } from "../host/host.ts";
import { processId } from "../host/self.ts";
import { openStreamIn, STANDARD_STREAM } from "../host/stream-file.ts";
import { attachTape } from "../tapes/attach-tape.ts";
import type { CommandContext } from "./command.ts";
import { setWord } from "./set-word.ts";
import { requireSignature } from "./set-words.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";
import { reportFindings } from "./verify-report.ts";

const SPOOL = /^mondo-stream-(\d+)-[0-9a-f-]{36}$/;

/** What killed runs left. */
function removeOldSpools(host: Host, directory: string): void {
  for (const name of host.list(directory)) {
    const pid = SPOOL.exec(name)?.[1];
    const path = `${directory}/${name}`;
    if (pid === undefined || host.exists(`/proc/${pid}`) || host.lstat(path)?.uid !== host.lstat("/proc/self")?.uid)
      continue;
    host.remove(path);
  }
}

/** Where streams are put down that are needed as files: TMPDIR, else /var/tmp. */
const spoolDirectory = (host: Host): string => (host.env.TMPDIR ?? "/var/tmp").replace(/(?<=.)\/+$/, "");

async function verifyIt(
  context: CommandContext,
  reader: PieceReader,
  name: string,
  directory: string,
): Promise<number> {
  const work = (signal: AbortSignal) => verifyStream(reader, name, directory, context.reporter, signal);
  const signers = context.words.values.get("signed-by");
  // A stream goes by once: a file that holds no keys is told before.
  const trusted = signers === undefined ? undefined : readTrustedKeys(context.host, signers);
  context.reporter.step(msg`Checking ${name} against its manifest`);
  const { findings, manifest } = await stoppable(interruptionOf(msg`the verification`), work);
  if (trusted) requireSignature(manifest, trusted, name);
  return reportFindings(context, manifest, findings);
}

/** What a command needs of a stream, and where from. */
interface Streamed {
  readonly spec: CommandSpec;
  readonly context: CommandContext;
  readonly name: string;
  readonly directory: string;
  /** `place`: the set, where it is not in the directory itself. */
  readonly run: (context: CommandContext, place?: string) => Promise<number>;
}

/** The work of a command with a stream that comes now; `run` gets the directory in place of the stream's name. */
async function withSource({ spec, context, name, directory, run }: Streamed, source: StreamSource): Promise<number> {
  const { words, reporter } = context;
  const reader = new PieceReader(source);
  if (spec.name === "verify" && !words.flags.has("salvage")) return await verifyIt(context, reader, name, directory);
  reporter.step(msg`Reading ${name}`);
  const kept = spec.name === "list" ? "catalog" : "all";
  const work = (signal: AbortSignal) => spoolStream(reader, name, directory, kept, reporter, signal);
  await stoppable(interruptionOf(msg`reading the stream`), work).catch((error) => {
    // What came of a stream that ends too early can be salvaged.
    if (!words.flags.has("salvage")) throw error;
    reporter.warn(messageOf(error));
  });
  return await run(context);
}

/** The backups on the tape in a drive. */
function listSets({ words, write }: CommandContext, sets: readonly SetOnTape[]): void {
  for (const { head, isNewest } of sets) {
    const { set, host, prefix, created, level, tape } = head;
    const line = msg`${set}  ${printable(describeSetOnTape(head), "")}, prefix ${printable(prefix, "")}${isNewest ? msg`, the newest` : ""}`;
    const fields = { event: "set", set, host, prefix, created, level, tape };
    write(`${words.flags.has("json") ? JSON.stringify(fields) : line}\n`);
  }
}

/** The work of a command with the tape in a drive, and those that go on from it. */
function withTape(streamed: Streamed): Promise<number> {
  const { spec, context, name, directory, run } = streamed;
  const { host, reporter, words } = context;
  const salvages = words.flags.has("salvage");
  const set = words.values.get("tape-set");
  if (set !== undefined && !/^[0-9a-f-]{4,36}$/i.test(set)) {
    throw new MondoError("usage", msg`--tape-set ${set} is no id of a backup`, {
      hint: msg`mondo list --sets names them.`,
    });
  }
  const work = async (signal: AbortSignal): Promise<number> => {
    if (spec.name === "verify") {
      // Where the end is lost, what is in the drive is all that there is.
      const options = { eject: true, isWhole: !salvages, ...(set === undefined ? {} : { set }) };
      return withTapeSource(host, name, options, reporter, signal, (source) => withSource(streamed, source));
    }
    if (spec.name === "list" && words.flags.has("sets")) {
      return withTapeDrive(host, name, { eject: false }, reporter, signal, async (drive) => {
        drive.requireTape(await drive.open("read"));
        listSets(context, await setsOnTape(drive));
        await drive.try("rewind");
        return 0;
      });
    }
    if (spec.name === "list") {
      await withTapeDrive(host, name, { eject: true }, reporter, signal, (drive, changer) =>
        readTapeEnd(host, drive, changer, directory, reporter, set),
      );
      return run(context);
    }
    const [target, end] = [`${directory}/set`, `${directory}/end`];
    for (const path of [target, end]) host.makeDirectory(path, 0o700);
    const place = { device: name, target, directory: end, eject: true, set };
    const detach = await attachTape(host, place, reporter, signal);
    try {
      return await run(context, target);
    } finally {
      await detach();
    }
  };
  return stoppable(interruptionOf(msg`reading the tape`), work);
}

/**
 * Runs a command that reads a set: where that comes as a stream, or is on tape, with a directory in the place of its
 * name that it was put into (of a listing, without its volumes); a check needs none of it but the catalog.
 */
export async function withStreamedSet(
  spec: CommandSpec,
  context: CommandContext,
  run: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { host, words } = context;
  const word = setWord(spec, words, (text) => namesStream(host, text) || isTapeDrive(host, text));
  if (!word || !isTapeDrive(host, word.text)) {
    const own = ["set", "sets"].find((key) => words.values.has(key) || words.flags.has(key));
    if (own !== undefined && spec.options.some(({ long }) => long === own)) {
      throw new MondoError("usage", msg`--${own} makes sense for tape drives only`, {
        hint: msg`Name the drive, such as /dev/nst0.`,
      });
    }
  }
  if (!word) return run(context);
  if (spec.name === "verify" && words.flags.has("note"))
    throw noNoteBeside(word.text === STANDARD_STREAM ? msg`the stream` : word.text);
  const scratch = spoolDirectory(host);
  removeOldSpools(host, scratch);
  const directory = `${scratch}/mondo-stream-${processId()}-${crypto.randomUUID()}`;
  host.makeDirectory(directory, 0o700);
  const name = word.text === STANDARD_STREAM ? msg`the stream` : word.text;
  const here = (own: CommandContext, place = directory) =>
    run({ ...own, setName: own.setName ?? word.text, words: word.replacedBy(place) });
  const streamed = { spec, context, name, directory, run: here };
  try {
    if (isTapeDrive(host, word.text)) return await withTape(streamed);
    const stream = await openStreamIn(word.text);
    try {
      return await withSource(streamed, sourceOf(stream));
    } finally {
      stream.close();
    }
  } finally {
    host.remove(directory);
  }
}
