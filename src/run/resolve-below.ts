import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { isBelow, plainPath } from "../effects/plain-path.ts";
import type { Host } from "../host/host.ts";

/** As many as the kernel follows. Source: linux/namei.h, MAXSYMLINKS. */
const MAX_LINKS = 40;

/**
 * Where a path leads in the system whose root is mounted at `root`: links are followed as that system would follow them
 * (an absolute one starts at `root`, none climbs out of it). What doesn't exist yet stays as it is, and so do paths
 * outside `root`. Throws `refused` for too many links.
 */
export function resolveBelow(host: Pick<Host, "readLink">, root: string, path: string): string {
  if (!isBelow(path, root)) return path;
  const ahead = plainPath(path).slice(plainPath(root).length).split("/");
  const behind: string[] = [];
  const here = () => [plainPath(root), ...behind].join("/");
  for (let links = 0, part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === "..") behind.pop();
    if (part === "" || part === "." || part === "..") continue;
    const target = host.readLink(`${here()}/${part}`);
    if (target === undefined) behind.push(part);
    else {
      links += 1;
      if (links > MAX_LINKS) throw new MondoError("refused", msg`${path} leads through too many symbolic links`);
      if (target.startsWith("/")) behind.length = 0;
      ahead.unshift(...target.split("/"));
    }
  }
  return here();
}

/** The same, but a link in the last place is not followed: it is to be renamed itself. */
export function resolveParentBelow(host: Pick<Host, "readLink">, root: string, path: string): string {
  const plain = plainPath(path);
  const cut = plain.lastIndexOf("/");
  return isBelow(plain, root) && plain !== plainPath(root)
    ? `${resolveBelow(host, root, plain.slice(0, cut))}${plain.slice(cut)}`
    : path;
}
