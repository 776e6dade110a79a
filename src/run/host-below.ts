import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { isBelow } from "../effects/plain-path.ts";
import type { Host } from "../host/host.ts";
import { resolveBelow, resolveParentBelow } from "./resolve-below.ts";

/**
 * The same machine, to look at the system whose root is mounted at `root`: links below it are followed as that system
 * would follow them, and only regular files are read (a FIFO would never end). Other paths are as they are.
 */
export function hostBelow(host: Host, root: string): Host {
  const place = (path: string) => resolveBelow(host, root, path);
  const orElse = <T>(path: string, look: (place: string) => T, otherwise: T): T => {
    try {
      return look(place(path));
    } catch {
      return otherwise;
    }
  };
  const isReadable = (path: string) => !isBelow(path, root) || orElse(path, host.stat, undefined)?.kind === "file";
  const file = (path: string): string => {
    if (isReadable(path)) return place(path);
    throw new MondoError("not-found", msg`${path} is missing, or not a regular file`);
  };
  return {
    ...host,
    read: (path) => host.read(file(path)),
    readText: (path) => host.readText(file(path)),
    tryReadText: (path) => (isReadable(path) ? host.tryReadText(place(path)) : undefined),
    readAt: (path, offset, length) => host.readAt(file(path), offset, length),
    list: (path) => orElse(path, host.list, []),
    exists: (path) => orElse(path, host.exists, false),
    stat: (path) => orElse(path, host.stat, undefined),
    lstat: (path) => host.lstat(resolveParentBelow(host, root, path)),
    readLink: (path) => host.readLink(resolveParentBelow(host, root, path)),
    realPath: (path) => orElse(path, host.realPath, undefined),
  };
}
