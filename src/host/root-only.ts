import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "./host.ts";

/** Group and others, writing. */
const OTHERS_WRITE = 0o022;
/** Only the owner of what is in such a directory removes or renames it. */
const STICKY = 0o1000;

/** Who else than root could change what a path leads to: the first part of it that others may write to. */
function weakPart(host: Pick<Host, "stat">, path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  for (let count = parts.length; count >= 0; count -= 1) {
    const part = `/${parts.slice(0, count).join("/")}`;
    const stat = host.stat(part);
    if (!stat) return part;
    const isShared = (stat.mode & OTHERS_WRITE) !== 0 && !(count < parts.length && (stat.mode & STICKY) !== 0);
    if (stat.uid !== 0 || isShared) return part;
  }
  return undefined;
}

/**
 * Refuses a file or directory that somebody else than root could change, by itself or by what it lies in: what it says
 * is done as root. Throws `not-found` or `refused`.
 */
export function requireRootOnly(host: Pick<Host, "stat" | "realPath">, path: string): void {
  const real = host.realPath(path);
  if (real === undefined) throw new MondoError("not-found", msg`${path} does not exist`);
  const weak = weakPart(host, real);
  if (weak === undefined) return;
  const whose = weak === path ? path : msg`${path} (by way of ${weak})`;
  throw new MondoError("refused", msg`others than root can change ${whose}, and it is used as root`, {
    hint: msg`Take that away: chown root ${weak}; chmod go-w ${weak}`,
  });
}
