import { messageOf } from "../../base/errors.ts";
import { startsStream } from "../../formats/archive/stream-piece.ts";
import type { Host } from "../../host/host.ts";
import { openStreamIn, STANDARD_STREAM, type StreamIn } from "../../host/stream-file.ts";
import { PieceReader, type StreamSource } from "./piece-reader.ts";
import { decodeHead, HEAD_NAME, type StreamHead } from "./stream-head.ts";

const START_BYTES = 2048;

/** Whether a file or device begins as a stream. */
export function holdsStream(host: Host, path: string): boolean {
  try {
    return startsStream(host.readAt(path, 0, START_BYTES));
  } catch {
    return false;
  }
}

/** Whether a word names a stream: standard input, a pipe, or a file or device that begins as one. */
export function namesStream(host: Host, text: string): boolean {
  if (text === STANDARD_STREAM) return true;
  const kind = host.stat(text)?.kind;
  return kind === "fifo" || ((kind === "file" || kind === "block") && holdsStream(host, text));
}

/** A stream as the reader of pieces takes it: what can't be read ends it. */
export function sourceOf(stream: StreamIn): StreamSource {
  let hasFailed = false;
  return {
    async next() {
      if (hasFailed) return undefined;
      try {
        return await stream.read();
      } catch (error) {
        hasFailed = true;
        return { unreadable: messageOf(error) };
      }
    },
  };
}

/** The head of the stream in a file or device; undefined: it can't be read. */
export async function headIn(path: string): Promise<StreamHead | undefined> {
  const stream = await openStreamIn(path);
  try {
    const piece = await new PieceReader(sourceOf(stream)).next();
    return piece?.file === HEAD_NAME && piece.isLast ? decodeHead(new TextDecoder().decode(piece.content)) : undefined;
  } finally {
    stream.close();
  }
}
