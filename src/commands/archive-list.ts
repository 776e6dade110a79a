import { textOfBytes } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { absolutePath } from "./absolute-path.ts";

const LF = 10;

/** The lines of a file, each as the bytes of a name make it; empty ones are none. */
function linesOf(bytes: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const end = bytes.indexOf(LF, at);
    const line = bytes.subarray(at, end < 0 ? bytes.byteLength : end);
    lines.push(textOfBytes(line));
    at += line.byteLength + 1;
  }
  return lines;
}

/**
 * The paths that a list (`-J`) names, one in a line; the bytes of a line are those of the path. Throws `not-found` when
 * there is no such file, `usage` when it names nothing, or something that is no absolute path.
 */
export function readList(host: Pick<Host, "stat" | "read">, file: string): readonly string[] {
  if (host.stat(file)?.kind !== "file") {
    throw new MondoError("not-found", msg`-J ${file} is not a file`, {
      hint: msg`Write one path in each line of a file.`,
    });
  }
  const paths = linesOf(host.read(file)).flatMap((line, index) =>
    line === "" ? [] : absolutePath(line, msg`-J ${file}, line ${index + 1}:`),
  );
  if (paths.length > 0) return [...new Set(paths)];
  throw new MondoError("usage", msg`-J ${file} names nothing`, { hint: msg`Write one path in each line of it.` });
}
