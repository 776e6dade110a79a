/** Longest name on Linux. */
const MOST_NAME_BYTES = 255;

/** Whether a file can be called so: a server may say anything. Pure. */
export const isFileName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name) && Buffer.byteLength(name) <= MOST_NAME_BYTES;
