import { withTapeDrive } from "../archive/tape/read-tape.ts";
import { readTapeEnd } from "../archive/tape/tape-end.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import { attachRemote } from "../shares/remote/attach-remote.ts";
import { TAPE_TASK, type TapeWish, tapeSaysFile } from "./tape-task.ts";

const POLL_MS = 500;

/** Where a set on tape is mounted, and where its catalog is put (both empty directories, the caller's). */
export interface TapePlace {
  readonly device: string;
  readonly target: string;
  readonly directory: string;
  readonly eject: boolean;
  /** Id of the set, or how it begins; absent: the newest on the tape. */
  readonly set?: string | undefined;
}

/** Shows what the child says, until `isOver`. */
async function tellWhatItSays(host: Host, directory: string, reporter: Reporter, isOver: () => boolean): Promise<void> {
  for (let told = ""; !isOver(); await host.sleep(POLL_MS)) {
    const text = host.tryReadText(tapeSaysFile(directory)) ?? "";
    if (text !== told && text !== "") reporter.step(text);
    told = text;
  }
}

/**
 * Mounts a set on the tape in a drive as a directory. Its last tape is read first; afterwards the child that
 * serves it asks for tapes when their turn comes, and this process shows what it says. Needs the module fuse. Returns
 * what takes it down.
 */
export async function attachTape(
  host: Host,
  { device, target, directory, eject, set }: TapePlace,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  const end = await withTapeDrive(host, device, { eject }, reporter, signal, async (drive, changer) => {
    const found = await readTapeEnd(host, drive, changer, directory, reporter, set);
    // The child has less time to answer than some drives need for this.
    await drive.try("rewind");
    return found;
  });
  const { index, recordBytes, tape } = end;
  const open: TapeWish = { device, directory, index, recordBytes, tape, eject };
  const detach = await attachRemote(host, { source: device, target, protocol: "tape", open }, TAPE_TASK);
  let isOver = false;
  const telling = tellWhatItSays(host, directory, reporter, () => isOver);
  return async () => {
    isOver = true;
    await telling;
    await detach();
    host.remove(tapeSaysFile(directory));
  };
}
