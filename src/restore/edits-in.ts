import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Layout } from "../layout/types.ts";
import { decodeEdits, type Edit } from "../plan/edit/edit.ts";
import { mountlistEdits } from "../plan/edit/mountlist-edits.ts";

const MOST_BYTES = 4 << 20;

/**
 * The edits in a file: JSON as the editor saves it, or a mountlist.txt. `layout` is what they change. Throws
 * `not-found`, or `format` with the place.
 */
export function editsIn(host: Host, path: string, layout: Layout): Edit[] {
  const stat = host.stat(path);
  if (stat?.kind !== "file") {
    const hint = msg`Give a file of edits (JSON), or a mountlist.txt.`;
    throw new MondoError("not-found", msg`${path} is ${stat ? msg`no file` : msg`not there`}`, { hint });
  }
  if (stat.sizeBytes > MOST_BYTES) {
    throw new MondoError("format", msg`${path} is too large for a file of edits`, { hint: msg`Give another file.` });
  }
  const text = host.readText(path);
  return text.trimStart().startsWith("{") ? decodeEdits(text, path) : mountlistEdits(layout, text, path);
}
