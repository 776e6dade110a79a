import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";

/** A log that has grown to this is put aside when the next run begins. */
const MOST_BYTES = 4 * MIB;
/** Older logs that are kept: `.1` is the newest. */
const KEPT = 4;

/** Puts a grown log aside, and makes sure that only root reads what is there. */
function prepare(host: Host, path: string): void {
  host.makeDirectory(path.slice(0, path.lastIndexOf("/")));
  const stat = host.stat(path);
  if (stat === undefined) host.create(path, "", 0o600);
  else if (stat.sizeBytes >= MOST_BYTES) {
    for (let old = KEPT - 1; old >= 1; old--) {
      if (host.exists(`${path}.${old}`)) host.rename(`${path}.${old}`, `${path}.${old + 1}`);
    }
    host.rename(path, `${path}.1`);
    host.create(path, "", 0o600);
  } else if ((stat.mode & 0o077) !== 0) host.write(path, host.read(path), 0o600);
}

/**
 * Opens a log that only root may read; it is rotated when it has grown. The returned function appends a line. A log
 * that can't be written to never ends the work: `onTrouble` gets one sentence about it, once.
 */
export function openLogFile(host: Host, path: string, onTrouble: (text: string) => void): (line: string) => void {
  let broken = false;
  const guarded = (work: () => void) => {
    if (broken) return;
    try {
      work();
    } catch (error) {
      broken = true;
      onTrouble(msg`The log can't be written, and ends here (${messageOf(error)})`);
    }
  };
  guarded(() => prepare(host, path));
  return (line) => guarded(() => host.append(path, line));
}
