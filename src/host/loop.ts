import { msg } from "../base/message.ts";
import { c, closeFd, cPath, ioctl, OpenFlag, openPath, systemError } from "./syscalls.ts";

/** Source: linux/loop.h. */
const LOOP = { setFd: 0x4c00, setStatus: 0x4c04, configure: 0x4c0a, getFree: 0x4c82 } as const;
const FLAGS = { readOnly: 1, autoClear: 4 } as const;
const EBUSY = 16;
const NAME_BYTES = 63;

/** `struct loop_info64`: read-only, freed by the kernel when its last user goes. */
function loopInfo(file: string): Uint8Array {
  const info = new Uint8Array(232);
  new DataView(info.buffer).setUint32(52, FLAGS.readOnly | FLAGS.autoClear, true);
  info.set(cPath(file).subarray(0, NAME_BYTES), 56);
  return info;
}

/** Binds the open file to the open loop device; 0 or `-errno`. LOOP_CONFIGURE is one step, but only since Linux 5.8. */
function bindFile(device: number, fd: number, file: string): number {
  const configuration = new Uint8Array(304);
  new DataView(configuration.buffer).setUint32(0, fd, true);
  configuration.set(loopInfo(file), 8);
  const result = ioctl(device, LOOP.configure, configuration);
  if (result >= 0 || result === -EBUSY) return result;
  // This request takes the descriptor itself, not a pointer to it.
  const bound = c.ioctl(device, LOOP.setFd, fd as never);
  return bound < 0 ? result : ioctl(device, LOOP.setStatus, loopInfo(file));
}

/**
 * Makes a file a read-only block device for `use` (which mounts it); it goes away with its last user. Throws `system`,
 * also when the module loop is missing.
 */
export function withLoopDevice<T>(file: string, use: (device: string) => T): T {
  const control = openPath("/dev/loop-control", OpenFlag.readWrite);
  const fd = openPath(file, OpenFlag.read);
  try {
    for (let attempt = 0; ; attempt += 1) {
      const number = ioctl(control, LOOP.getFree, null);
      if (number < 0) throw systemError(msg`find a loop device for`, file, -number);
      const path = `/dev/loop${number}`;
      const device = openPath(path, OpenFlag.read);
      try {
        const result = bindFile(device, fd, file);
        // Another process may have taken the device between the two calls.
        if (result === -EBUSY && attempt < 8) continue;
        if (result < 0) throw systemError(msg`make ${path} of`, file, -result);
        return use(path);
      } finally {
        closeFd(device);
      }
    }
  } finally {
    closeFd(fd);
    closeFd(control);
  }
}
