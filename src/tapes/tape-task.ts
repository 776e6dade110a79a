import { readManifest } from "../archive/set/read-manifest.ts";
import { TapeChanger } from "../archive/tape/tape-changer.ts";
import { TapeDrive } from "../archive/tape/tape-drive.ts";
import type { TapeIndex } from "../archive/tape/tape-index.ts";
import { openTapeThread } from "../archive/tape/tape-thread.ts";
import { describeTape, whyNotThisTape } from "../archive/tape/tape-words.ts";
import { type Reporter, silentReporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { runTreeTask } from "../shares/remote/remote-task.ts";
import type { RemoteTree } from "../shares/remote/remote-tree.ts";
import { TapePieces } from "./tape-pieces.ts";
import { TapeTree } from "./tape-tree.ts";

/** First word of this program when it is started as the child that serves the set on a tape. */
export const TAPE_TASK = "tape-task";

/** What the child says while it waits for a tape: whoever started it shows it. */
export const tapeSaysFile = (directory: string): string => `${directory}.says`;

/** What is served. Plain JSON. */
export interface TapeWish {
  readonly device: string;
  /** Holds the files of the set that stand at the end of the last tape. */
  readonly directory: string;
  readonly index: TapeIndex;
  readonly recordBytes: number;
  /** The tape that is in the drive. */
  readonly tape: number;
  readonly eject: boolean;
}

/** Longer than whoever reads takes between two pieces of a file, and nothing beside the time that a change takes. */
const SETTLE_MS = 5000;

async function openTree(host: Host, open: object, log: (text: string) => void): Promise<RemoteTree> {
  const { device, directory, index, recordBytes, tape, eject } = open as TapeWish;
  const manifest = readManifest(host, `${directory}/manifest.json`);
  const drive = new TapeDrive(device, openTapeThread(device));
  const says = tapeSaysFile(directory);
  const say = (text: string) => {
    log(text);
    host.write(says, text, 0o600);
  };
  const reporter: Reporter = { ...silentReporter, step: say, info: say, warn: say };
  const changer = new TapeChanger(drive, host, reporter, eject);
  const { set, created, host: machine } = manifest;
  let inDrive = tape;
  const insert = async (wanted: number): Promise<void> => {
    const judge = (label: Parameters<typeof whyNotThisTape>[0]) => whyNotThisTape(label, set, wanted);
    const wish = { what: describeTape({ host: machine.name, created }, wanted), access: "read", judge } as const;
    // A set that was added stands behind others: the tape's own label is the first one's.
    const isAppended = index.tapes[wanted - 1]?.files[0]?.name === "head.json" && wanted === 1;
    const lenient =
      isAppended && (index.tapes[0]?.files[0]?.file ?? 0) > 2 ? { ...wish, judge: () => undefined } : wish;
    if (wanted === inDrive) await changer.wait(lenient);
    else await changer.change(lenient);
    inDrive = wanted;
    host.remove(says);
  };
  await insert(tape);
  return new TapeTree(
    host,
    directory,
    manifest,
    new TapePieces({ drive, set, index, recordBytes, tape, insert, settle: () => host.sleep(SETTLE_MS) }),
    log,
  );
}

/** The child's work: serves the set on a tape as a file system until it is unmounted. */
export const runTapeTask = (host: Host, target: string): Promise<void> =>
  runTreeTask(host, target, ({ open }, log) => openTree(host, open, log));
