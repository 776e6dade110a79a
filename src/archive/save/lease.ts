/**
 * Files on which somebody has a lease (Samba, NFS). To open one without waiting asks the holder to give it up and fails
 * with EAGAIN, of a regular file for no other reason; after a time the kernel takes the lease away. An open that waits
 * would hang for ever on what has become a FIFO meanwhile, so these try again. Source: fcntl(2).
 */
import type { ByteString } from "../../base/bytes.ts";
import { AT_FDCWD, closeFd, openAt, readFully } from "../../host/fs-calls.ts";
import { pause, pauseThread } from "../../host/pause.ts";
import { Errno, OpenFlag } from "../../host/syscalls.ts";

const POLL_MS = 20;
const USUAL_SECONDS = 45;
/** The kernel's own timer may be late. */
const GRACE_SECONDS = 2;

/** How long a holder may take. */
function breakSeconds(): number {
  const fd = openAt(AT_FDCWD, "/proc/sys/fs/lease-break-time" as ByteString, OpenFlag.read);
  if (fd < 0) return USUAL_SECONDS;
  const text = new Uint8Array(16);
  const length = readFully(fd, text, 0, text.length, 0);
  closeFd(fd);
  return Number.parseInt(new TextDecoder().decode(text.subarray(0, Math.max(0, length))), 10) || USUAL_SECONDS;
}

const triesOf = (seconds: number) => Math.ceil(((seconds + GRACE_SECONDS) * 1000) / POLL_MS);

/** Calls `open` until nobody has a lease; a descriptor or a negative errno. Holds this thread up. */
export function openUnleased(open: () => number, seconds?: number): number {
  let fd = open();
  if (fd !== -Errno.EAGAIN) return fd;
  for (let left = triesOf(seconds ?? breakSeconds()); fd === -Errno.EAGAIN && left > 0; left--) {
    pauseThread(POLL_MS);
    fd = open();
  }
  return fd;
}

/** The same for the main thread, which has other things to do. */
export async function openUnleasedLater(open: () => number, seconds?: number): Promise<number> {
  let fd = open();
  if (fd !== -Errno.EAGAIN) return fd;
  for (let left = triesOf(seconds ?? breakSeconds()); fd === -Errno.EAGAIN && left > 0; left--) {
    await pause(POLL_MS);
    fd = open();
  }
  return fd;
}
