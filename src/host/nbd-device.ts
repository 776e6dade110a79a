import { connectUnix } from "./sockets.ts";
import { c, closeFd, errno, OpenFlag, openPath, systemError } from "./syscalls.ts";

/** Source: linux/nbd.h. All of them take a number, not a pointer. */
const NBD = {
  setSocket: 0xab00,
  setBlockSize: 0xab01,
  doIt: 0xab03,
  clearSocket: 0xab04,
  setBlocks: 0xab07,
  setFlags: 0xab0a,
} as const;
const FLAGS = { hasFlags: 1, readOnly: 2 } as const;
const BLOCK_BYTES = 2048;

/**
 * Makes a read-only disk of what a server on a Unix socket gives, and returns only when it ends: the kernel works in this call. No
 * time limit: a server that waits for its network is waited for. Throws `system`.
 */
export function runNbdDevice(device: string, socketPath: string, sizeBytes: number): void {
  const disk = openPath(device, OpenFlag.readWrite);
  const socket = connectUnix(socketPath);
  const call = (number: number, argument: number) => {
    if (c.ioctl(disk, number, argument === 0 ? null : (argument as never)) < 0)
      throw systemError("make a disk of", device, errno());
  };
  try {
    call(NBD.setBlockSize, BLOCK_BYTES);
    call(NBD.setBlocks, Math.floor(sizeBytes / BLOCK_BYTES));
    call(NBD.clearSocket, 0);
    call(NBD.setSocket, socket);
    call(NBD.setFlags, FLAGS.hasFlags | FLAGS.readOnly);
    call(NBD.doIt, 0);
  } finally {
    closeFd(socket);
    closeFd(disk);
  }
}
