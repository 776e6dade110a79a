import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { StreamSource } from "../stream/piece-reader.ts";
import { chosenSet, requireOurs, setsOnTape } from "./sets-on-tape.ts";
import { TapeChanger } from "./tape-changer.ts";
import { TapeDrive } from "./tape-drive.ts";
import { TapeSource } from "./tape-source.ts";
import { openTapeThread } from "./tape-thread.ts";
import { describeTape } from "./tape-words.ts";

/** How tapes are read. */
export interface TapeOptions {
  /** The set that is read, by its id or how that begins; absent: the newest on the tape. */
  readonly set?: string;
  /** Whether a tape is put out of the drive when another is wanted. */
  readonly eject: boolean;
  /** Whether a set that goes on on other tapes is read to its end; if not, only what this tape holds of it. */
  readonly isWhole: boolean;
}

/** Does work with a drive, which is closed in the end. */
export async function withTapeDrive<T>(
  host: Host,
  device: string,
  { eject }: Pick<TapeOptions, "eject">,
  reporter: Reporter,
  signal: AbortSignal | undefined,
  work: (drive: TapeDrive, changer: TapeChanger) => Promise<T>,
): Promise<T> {
  const port = openTapeThread(device);
  const drive = new TapeDrive(device, port);
  try {
    return await work(drive, new TapeChanger(drive, host, reporter, eject, signal));
  } finally {
    await drive.close();
    await port.end();
  }
}

/** Does work with a set on the tape that is in a drive, as a stream. */
export function withTapeSource<T>(
  host: Host,
  device: string,
  options: TapeOptions,
  reporter: Reporter,
  signal: AbortSignal | undefined,
  work: (source: StreamSource) => Promise<T>,
): Promise<T> {
  return withTapeDrive(host, device, options, reporter, signal, async (drive, changer) => {
    drive.requireTape(await drive.open("read"));
    const one = chosenSet(drive, await setsOnTape(drive), options.set);
    let { head, recordBytes, file } = one;
    if (options.isWhole && head.tape > 1) {
      const { set } = head;
      const what = describeTape(head, 1);
      const judge = (found: Parameters<typeof requireOurs>[1]) =>
        found.kind === "ours" && found.head.set === set && found.head.tape === 1
          ? undefined
          : msg`that is another tape`;
      ({ head, recordBytes, file } = requireOurs(drive, await changer.change({ what, access: "read", judge })));
    }
    await drive.headAt(file);
    await drive.seek(file, 0);
    // What stands behind an older set is another one.
    const until = one.isNewest ? (options.isWhole ? { changer } : {}) : { files: one.lastFile - one.file + 1 };
    const source = new TapeSource({ drive, head, recordBytes, ...until });
    return await work(source);
  });
}
