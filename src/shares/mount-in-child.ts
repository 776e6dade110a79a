import { answerOfChild, askChild, type ChildAnswer } from "../host/ask-child.ts";
import type { Host } from "../host/host.ts";
import { readInput } from "../host/standard-streams.ts";

/** First word of this program when it is started as the child that mounts a share, which may hang. */
export const MOUNT_TASK = "mount-task";

/** What a child is to mount: `data` are the file system's options in the kernel's words. */
export interface NetworkMount {
  readonly type: "nfs" | "cifs";
  readonly source: string;
  readonly target: string;
  readonly data: string;
  readonly readOnly: boolean;
}

/** The child's work. The options may hold a password, so they come by standard input and not on the command line. */
export const runMountTask = (host: Host, input = readInput): Promise<string> =>
  answerOfChild(async () => {
    const { type, source, target, data, readOnly } = JSON.parse(await input()) as NetworkMount;
    const flags = ["noSuid", "noDev", "noExec", ...(readOnly ? (["readOnly"] as const) : [])] as const;
    host.mount({ source, target, type, flags, data });
    return {};
  });

/** mount(2) of a network file system, with a deadline. */
export const mountInChild = (host: Host, mount: NetworkMount, timeoutMs: number): Promise<ChildAnswer> =>
  askChild(host, [MOUNT_TASK], timeoutMs, JSON.stringify(mount));
