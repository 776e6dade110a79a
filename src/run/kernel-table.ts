import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { KernelPartition } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { addKernelPartition, closeFd, Errno, errnoText, ioctl, OpenFlag, openPath } from "../host/syscalls.ts";

/** Source: linux/fs.h. */
const BLKRRPART = 0x125f;
const RETRY_MS = 250;
const PATIENCE_MS = 15_000;
/** The ioctl parses the table itself; only the names in sysfs may appear a moment later. */
const PARSE_MS = 500;

function rereadOnce(path: string): number {
  const fd = openPath(path, OpenFlag.readWrite);
  try {
    return ioctl(fd, BLKRRPART, null);
  } finally {
    closeFd(fd);
  }
}

async function reread(host: Host, path: string): Promise<void> {
  const deadline = host.nowMs() + PATIENCE_MS;
  for (;;) {
    const result = rereadOnce(path);
    if (result >= 0 || result === -Errno.EINVAL) return; // EINVAL: a device that never has partitions
    if (result !== -Errno.EBUSY || host.nowMs() > deadline) {
      throw new MondoError(
        "system",
        msg`the kernel can't reread the partition table of ${path}: ${errnoText(-result)}`,
        {
          hint: msg`The disk is in use: look at /proc/mounts, /proc/swaps and /proc/mdstat, stop what uses it, and start again.`,
          data: { path, errno: -result },
        },
      );
    }
    await host.sleep(RETRY_MS);
  }
}

/**
 * Makes the kernel reread a partition table, and waits while a tool that has just ended or a scanner has the disk open.
 * For a kernel without a parser for this kind of table, adds the partitions one by one, as partx does.
 */
export async function rereadTable(
  host: Host,
  path: string,
  partitions: readonly KernelPartition[] = [],
): Promise<void> {
  if (host.stat(path)?.kind !== "block") return;
  await reread(host, path);
  const missing = () => partitions.filter((partition) => kernelSize(host, partition.path) === undefined);
  for (let waited = 0; missing().length > 0 && waited < PARSE_MS; waited += 100) await host.sleep(100);
  for (const partition of missing()) addKernelPartition(path, partition);
}

function kernelSize(host: Host, path: string): { bytes: number; devno: string } | undefined {
  const base = `/sys/class/block/${path.replace(/^\/dev\//, "").replaceAll("/", "!")}`;
  const [size, devno] = [host.tryReadText(`${base}/size`), host.tryReadText(`${base}/dev`)];
  return size === undefined || devno === undefined ? undefined : { bytes: Number(size) * 512, devno: devno.trim() };
}

/** Waits until the kernel has a block device of this size; makes its node if nothing else does. */
export async function awaitDevice(
  host: Host,
  path: string,
  sizeBytes: number | undefined,
  timeoutMs: number,
): Promise<void> {
  const deadline = host.nowMs() + timeoutMs;
  for (;;) {
    const known = kernelSize(host, path);
    if (known && (sizeBytes === undefined || known.bytes === sizeBytes)) {
      const stat = host.stat(path);
      if (stat?.kind === "block" && stat.rdev === known.devno) return;
      if (!stat) {
        const [major, minor] = known.devno.split(":").map(Number);
        host.makeNode(path, "block", major ?? 0, minor ?? 0, 0o660);
        return;
      }
    }
    if (host.nowMs() > deadline) {
      const state = known ? msg`it has ${known.bytes} bytes, not ${sizeBytes}` : msg`the kernel has no such device`;
      throw new MondoError("system", msg`${path} did not appear within ${timeoutMs / 1000} s: ${state}`, {
        hint: msg`Look for disk errors in dmesg.`,
        data: { path },
      });
    }
    await host.sleep(100);
  }
}
