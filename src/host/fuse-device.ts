import { read, writeSync } from "node:fs";
import { type MountFlag, mountNow, OpenFlag, openPath } from "./syscalls.ts";

/** A file system that this process serves. */
export interface FuseMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Requests that are read at the same time: a slow answer must not hold up the others. */
const READERS = 2;
const ENOENT = "ENOENT";
const ENODEV = "ENODEV";

/**
 * Mounts a file system of type `fuse.mondo` and gives each of the kernel's requests to `answer`, which replies with the
 * function it gets. Ends when it is unmounted. Needs the module fuse. Throws `system`.
 */
export async function serveFuse(
  { source, target, readOnly }: FuseMount,
  requestBytes: number,
  answer: (request: Uint8Array, write: (bytes: Uint8Array) => void) => void,
  mounted: () => void,
): Promise<void> {
  const fd = openPath("/dev/fuse", OpenFlag.readWrite);
  const flags: (keyof typeof MountFlag)[] = ["noSuid", "noDev", "noExec", ...(readOnly ? (["readOnly"] as const) : [])];
  const data = `fd=${fd},rootmode=40000,user_id=0,group_id=0`;
  mountNow({ source, target, type: "fuse.mondo", flags, data });
  const write = (bytes: Uint8Array) => {
    try {
      writeSync(fd, bytes);
    } catch (error) {
      // Whoever asked was killed (ENOENT), or the mount is gone (ENODEV).
      if (codeOf(error) !== ENOENT && codeOf(error) !== ENODEV) throw error;
    }
  };
  mounted();
  await Promise.all(
    Array.from({ length: READERS }, async () => {
      for (;;) {
        const request = await nextRequest(fd, requestBytes);
        if (request === undefined) return;
        answer(request, write);
      }
    }),
  );
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "";

/** Waits for a request in the runtime's thread pool; `undefined` once the file system is unmounted. */
function nextRequest(fd: number, requestBytes: number): Promise<Uint8Array | undefined> {
  const buffer = new Uint8Array(requestBytes);
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, requestBytes, null, (error, length) => {
      if (!error) resolve(buffer.subarray(0, length));
      else if (codeOf(error) === ENODEV) resolve(undefined);
      // The request was withdrawn, or a signal came.
      else if ([ENOENT, "EINTR", "EAGAIN"].includes(codeOf(error))) resolve(nextRequest(fd, requestBytes));
      else reject(error);
    });
  });
}
