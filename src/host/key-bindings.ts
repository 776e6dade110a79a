import { viewOf } from "../base/bytes.ts";
import { closeFd, ioctl, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/kd.h. */
const KDSKBENT = 0x4b47;

/**
 * Gives keys of all virtual terminals a meaning (struct kbentry: table, key, value). Returns how many the kernel took.
 * Throws when the terminal isn't there.
 */
export function bindKeys(
  terminal: string,
  bindings: readonly { readonly table: number; readonly key: number; readonly value: number }[],
): number {
  const fd = openPath(terminal, OpenFlag.readWrite | OpenFlag.noCtty | OpenFlag.nonBlock);
  try {
    return bindings.filter(({ table, key, value }) => {
      const entry = new Uint8Array(4);
      entry.set([table, key]);
      viewOf(entry).setUint16(2, value, true);
      return ioctl(fd, KDSKBENT, entry) >= 0;
    }).length;
  } finally {
    closeFd(fd);
  }
}
