/** Subvolumes of btrfs by their directories, without its tools. Source: linux/btrfs.h. */

import { bytesOfText } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import { closeFd, ioctl, OpenFlag, openPath, systemError } from "./syscalls.ts";

const SNAP_CREATE_V2 = 0x50009417;
const SNAP_DESTROY = 0x5000940f;
const SUBVOL_GETFLAGS = 0x80089419;
const READ_ONLY = 2n;
const ARGUMENT_BYTES = 4096;
const NAME_AT = { create: 56, destroy: 8 } as const;

function argument(name: string, at: number): Uint8Array {
  const bytes = new Uint8Array(ARGUMENT_BYTES);
  bytes.set(bytesOfText(name), at);
  return bytes;
}

function inDirectory<T>(path: string, work: (fd: number) => T): T {
  const fd = openPath(path, OpenFlag.read | OpenFlag.directory | OpenFlag.noFollow);
  try {
    return work(fd);
  } finally {
    closeFd(fd);
  }
}

/** Makes a read-only snapshot of a subvolume as `name` in a directory of the same file system. */
export function snapSubvolume(subvolume: string, directory: string, name: string): void {
  inDirectory(subvolume, (from) =>
    inDirectory(directory, (to) => {
      const bytes = argument(name, NAME_AT.create);
      const view = new DataView(bytes.buffer);
      view.setBigInt64(0, BigInt(from), true);
      view.setBigUint64(16, READ_ONLY, true);
      const result = ioctl(to, SNAP_CREATE_V2, bytes);
      if (result < 0) throw systemError(msg`make a snapshot of`, subvolume, -result);
    }),
  );
}

/** Whether a directory is a subvolume that can't be written to. */
export function isSealedSubvolume(path: string): boolean {
  const flags = new BigUint64Array(1);
  try {
    const result = inDirectory(path, (fd) => ioctl(fd, SUBVOL_GETFLAGS, new Uint8Array(flags.buffer)));
    return result >= 0 && ((flags[0] ?? 0n) & READ_ONLY) !== 0n;
  } catch {
    return false;
  }
}

/** Removes the subvolume `name` of a directory; the kernel frees its room later. */
export function dropSubvolume(directory: string, name: string): void {
  inDirectory(directory, (fd) => {
    const result = ioctl(fd, SNAP_DESTROY, argument(name, NAME_AT.destroy));
    if (result < 0) throw systemError(msg`remove the snapshot`, `${directory}/${name}`, -result);
  });
}
