import { type ByteString, toByteString } from "../../base/bytes.ts";
import { cloneTree } from "../../host/clone-tree.ts";
import { AT_FDCWD, closeFd, openAt } from "../../host/fs-calls.ts";
import { OpenFlag } from "../../host/syscalls.ts";
import type { HiddenPlace } from "../../layout/hidden-places.ts";
import { Directories, type Graft } from "./directories.ts";
import { isDirectory } from "./live-file.ts";
import { nameOf, parentOf, relativePath } from "./paths.ts";

/** Directories below mounts, for as long as they stay open. */
export interface Grafts {
  readonly list: readonly Graft[];
  /** Places that can't be looked at: on kernels before 5.2, or for want of a right. */
  readonly missing: readonly HiddenPlace[];
  close(): void;
}

/** Opens what shows a directory below the root without what is mounted in it. Undefined: it can't be. */
function openShown(place: string): number | undefined {
  const fd = openAt(AT_FDCWD, toByteString(`${place}/.`), OpenFlag.directory);
  return fd < 0 ? undefined : fd;
}

/** Opens a directory below the root, without what is mounted in it. Undefined: it can't be. */
function openBare(directories: Directories, path: ByteString): number | undefined {
  const at = directories.open(path);
  const clone = at < 0 ? undefined : cloneTree(`/proc/self/fd/${at}`);
  if (!clone) return undefined;
  const fd = openAt(AT_FDCWD, toByteString(clone.path), OpenFlag.directory);
  // What is open keeps the mount.
  clone.close();
  return fd < 0 ? undefined : fd;
}

/** Opens a directory in one that is open, as one that may be listed; of a file, the directory that holds it. */
function openIn(bare: number, path: ByteString): Pick<Graft, "fd" | "name"> | undefined {
  const directories = new Directories(bare);
  try {
    const found = directories.statOf(path);
    if (typeof found === "number") return undefined;
    const isFile = !isDirectory(found);
    const at = directories.open(isFile ? parentOf(path) : path);
    const fd = at < 0 ? at : openAt(at, "." as ByteString, OpenFlag.directory);
    return fd < 0 ? undefined : { fd, ...(isFile ? { name: nameOf(path) } : {}) };
  } finally {
    directories.close();
  }
}

/**
 * Opens what lies below mounts as a part of the tree: the root of each file system where the archive has it, or the
 * mount point itself. `rootFd` stays the caller's. `shown`: directories that show file systems, by mount point, without
 * what is mounted on them; default: the kernel is asked for each.
 */
export function openGrafts(
  rootFd: number,
  places: readonly HiddenPlace[],
  shown?: ReadonlyMap<string, string>,
): Grafts {
  const directories = new Directories(rootFd);
  const bares = new Map<ByteString, number | undefined>();
  const grafts = new Map<ByteString, Graft>();
  const bareOf = (under: string) => {
    const path = relativePath(under);
    const place = shown?.get(under);
    if (!bares.has(path)) bares.set(path, place === undefined ? openBare(directories, path) : openShown(place));
    return bares.get(path);
  };
  const owned: number[] = [];
  const missing: HiddenPlace[] = [];
  for (const place of places) {
    const { path, under, tree } = place;
    const [at, of] = [relativePath(tree ?? path), relativePath(under)];
    const bare = bareOf(under);
    const inner = relativePath(path).slice(of === "" ? 0 : of.length + 1) as ByteString;
    const found = bare === undefined || tree !== undefined ? bare !== undefined && { fd: bare } : openIn(bare, inner);
    if (!found) {
      missing.push(place);
      continue;
    }
    grafts.set(at, { path: at, ...found, of: tree === undefined ? relativePath(path) : of });
    if (found.fd !== bare) owned.push(found.fd);
  }
  directories.close();
  return {
    ...{ list: [...grafts.values()], missing },
    close() {
      for (const fd of [...owned, ...bares.values()]) if (fd !== undefined) closeFd(fd);
    },
  };
}
