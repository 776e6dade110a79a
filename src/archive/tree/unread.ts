import { stored } from "../../base/message.ts";
import { storedErrno } from "../../host/syscalls.ts";

/** What of a file's content could not be read: zeros stand for it. */
export interface Unread {
  /** Why (a positive errno); 0: the file ended before it. */
  readonly errno: number;
  /** Where in the file the first such byte is. */
  readonly first: number;
  /** How many there are, in all. */
  readonly bytes: number;
}

/** Both together: where and why it began, and all of the bytes. */
export function bothUnread(before: Unread | undefined, more: Unread | undefined): Unread | undefined {
  if (!before || !more) return before ?? more;
  return { ...before, bytes: before.bytes + more.bytes };
}

/** For people. */
export function describeUnread({ errno, first, bytes }: Unread): string {
  if (errno === 0) return stored`it became shorter while it was read: ${bytes} bytes at its end are stored as zeros`;
  return stored`${storedErrno(errno)} at byte ${first}: ${bytes} bytes from there on are stored as zeros`;
}
