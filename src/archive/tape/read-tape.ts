import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { StreamSource } from "../stream/piece-reader.ts";
import { TapeChanger } from "./tape-changer.ts";
import { type OurLabel, TapeDrive } from "./tape-drive.ts";
import { countFiles, requireOurs } from "./tape-end.ts";
import { TapeSource } from "./tape-source.ts";
import { openTapeThread } from "./tape-thread.ts";
import { describeTape } from "./tape-words.ts";

/** How tapes are read. */
export interface TapeOptions {
  /** Whether a tape is put out of the drive when another is wanted. */
  readonly eject: boolean;
  /** Whether a set that goes on on other tapes is read to its end; if not, only what this tape holds of it. */
  readonly isWhole: boolean;
}

/** A set that begins, or goes on, on a tape. */
export type SetOnTape = OurLabel;

/** Every set on the tape that is in the drive, in order. */
export async function setsOnTape(drive: TapeDrive): Promise<readonly SetOnTape[]> {
  const first = requireOurs(drive, await drive.label());
  const files = await countFiles(drive);
  const sets = [first];
  for (let file = first.file + 1; file < files; file++) {
    const label = await drive.headAt(file);
    if (label.kind === "ours") sets.push(label);
  }
  return sets;
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

/** Does work with the newest set on the tape that is in a drive, as a stream. */
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
    let label = (await setsOnTape(drive)).at(-1) ?? requireOurs(drive, await drive.label());
    if (options.isWhole && label.head.tape > 1) {
      const { set } = label.head;
      const what = describeTape(label.head, 1);
      const judge = (found: Parameters<typeof requireOurs>[1]) =>
        found.kind === "ours" && found.head.set === set && found.head.tape === 1 ? undefined : "that is another tape";
      label = requireOurs(drive, await changer.change({ what, access: "read", judge }));
    }
    await drive.headAt(label.file);
    await drive.seek(label.file, 0);
    const { head, recordBytes } = label;
    const source = new TapeSource({ drive, head, recordBytes, ...(options.isWhole ? { changer } : {}) });
    return await work(source);
  });
}
