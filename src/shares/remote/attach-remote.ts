import { MondoError, messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { fetchPart, fetchText } from "../../host/http.ts";
import { startPiped } from "../../host/piped-process.ts";
import { endWithParent, onUnhandledRejection } from "../../host/process-events.ts";
import { selfCommand } from "../../host/self.ts";
import { spawnSession, waitFor } from "../../host/spawn.ts";
import { sendSignal } from "../../host/syscalls.ts";
import { RUN_DIRECTORY } from "../../ui/log.ts";
import { HttpTree } from "../http/http-tree.ts";
import { SftpSession } from "../ssh/sftp-session.ts";
import { SftpTree } from "../ssh/sftp-tree.ts";
import { unmountAt } from "../unmount.ts";
import type { RemoteTree } from "./remote-tree.ts";
import { type RemotePlace, serveRemote } from "./serve-remote.ts";

/** First word of this program when it is started as the child here. */
export const REMOTE_TASK = "remote-task";
const AT = {
  /** URLs may hold passwords: they never stand on a command line. */
  wish: `${RUN_DIRECTORY}/remote.json`,
  answer: `${RUN_DIRECTORY}/remote-answer.json`,
  log: `${RUN_DIRECTORY}/remote.log`,
} as const;
/** All tries to open, each with its own limit. */
const OPEN_MS = 45_000;
const END_MS = 5000;
const POLL_MS = 50;
const KILL = 9;

/** What a child is to mount. */
export type RemoteWish = RemotePlace &
  (
    | {
        readonly kind: "http";
        readonly url: string;
        readonly tries: number;
        /** A file that should be there: its absence is no failure, whatever else goes wrong with it is. */
        readonly expected: string;
      }
    | {
        readonly kind: "sftp";
        readonly argv: readonly string[];
        readonly env: Readonly<Record<string, string>>;
        /** The directory, and the server for people. */
        readonly root: string;
        readonly server: string;
        readonly access: "read" | "write";
        /** How long a server that went away is waited for; for ever when absent. */
        readonly patienceMs?: number;
      }
  );

type Answer = { readonly mounted: true } | { readonly error: string; readonly hint?: string };

async function openTree(host: Host, wish: RemoteWish, log: (text: string) => void): Promise<RemoteTree> {
  if (wish.kind === "http") {
    return HttpTree.open({ host, fetchPart, fetchText, log }, wish.url, wish.tries, wish.expected);
  }
  const { argv, env, root, access, server, patienceMs = Number.POSITIVE_INFINITY } = wish;
  const session = new SftpSession({ host, log, patienceMs, start: (events) => startPiped(argv, env, events) });
  const tree = new SftpTree(session, root, access);
  const stat = await tree.stat("");
  if (stat?.isDirectory) return tree;
  throw new MondoError("not-found", `${server} has no directory ${root}`, {
    hint: "Make it there, or give another one.",
  });
}

/** The child's work: serves a directory on a server as a file system, until it is unmounted. Tells in a file what is wrong. */
export async function runRemoteTask(host: Host): Promise<void> {
  const log = (text: string) => host.append(AT.log, `${text}\n`);
  const answer = (value: Answer) => host.write(AT.answer, JSON.stringify(value), 0o600);
  try {
    // Whoever reads waits for this process: nothing that one request throws may end it.
    onUnhandledRejection((error) => log(`not handled: ${messageOf(error)}`));
    const wish = JSON.parse(host.readText(AT.wish)) as RemoteWish;
    host.remove(AT.wish);
    // Without the process that started this one nobody takes the file system down.
    endWithParent(() => unmountAt(host, wish.target));
    const tree = await openTree(host, wish, log);
    await serveRemote(tree, wish, log, () => answer({ mounted: true }));
  } catch (error) {
    const hint = error instanceof MondoError ? error.hint : undefined;
    log(messageOf(error));
    answer({ error: messageOf(error), ...(hint === undefined ? {} : { hint }) });
  }
}

/** Own authorities of the machine, in the image and on it, besides those that the runtime brings. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

function startChild(host: Host): number {
  const argv = selfCommand([REMOTE_TASK]);
  return spawnSession({
    path: argv[0] ?? "",
    argv,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      ...(host.exists(CA_BUNDLE) ? { NODE_EXTRA_CA_CERTS: CA_BUNDLE } : {}),
    },
    outputFile: AT.log,
  });
}

/** Waits for the child's answer while it lives. */
async function answerOf(host: Host, pid: number): Promise<Answer> {
  const end = host.nowMs() + OPEN_MS;
  for (;;) {
    const text = host.tryReadText(AT.answer);
    if (text !== undefined) return JSON.parse(text) as Answer;
    const ended = waitFor(pid);
    const last = ended ? host.tryReadText(AT.answer) : undefined;
    if (last !== undefined) return JSON.parse(last) as Answer;
    if (ended || host.nowMs() > end) return { error: "the server does not answer" };
    await host.sleep(POLL_MS);
  }
}

/** Takes the file system down. Orderly first: what was written is on the server when that returns. */
async function detach(host: Host, pid: number, target: string): Promise<void> {
  unmountAt(host, target);
  const end = host.nowMs() + END_MS;
  while (host.nowMs() < end) {
    if (waitFor(pid)) return;
    await host.sleep(POLL_MS);
  }
  sendSignal(-pid, KILL);
  sendSignal(pid, KILL);
  while (!waitFor(pid)) await host.sleep(POLL_MS);
}

/**
 * Mounts a directory on a web or SSH server. It is served by a child, so that reads go on when this program waits; what is returned
 * takes it away. Needs the module fuse. Throws one sentence within three quarters of a minute.
 */
export async function attachRemote(host: Host, wish: RemoteWish): Promise<() => Promise<void>> {
  if (!host.exists("/dev/fuse")) {
    throw new MondoError(
      "system",
      "the kernel here has no FUSE, by which a server's directory is mounted (no /dev/fuse)",
      {
        hint: "Load its module (modprobe fuse), or use an NFS share.",
      },
    );
  }
  host.makeDirectory(RUN_DIRECTORY, 0o700);
  host.makeDirectory(wish.target);
  host.write(AT.wish, JSON.stringify(wish), 0o600);
  host.remove(AT.answer);
  const pid = startChild(host);
  const answer = await answerOf(host, pid);
  if ("mounted" in answer) return () => detach(host, pid, wish.target);
  await detach(host, pid, wish.target);
  throw new MondoError("not-found", answer.error, {
    hint: answer.hint ?? "Look at the server, and at its address.",
  });
}
