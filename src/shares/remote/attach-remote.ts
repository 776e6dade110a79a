import { MondoError } from "../../base/errors.ts";
import { sameLanguage } from "../../base/language.ts";
import { msg } from "../../base/message.ts";
import { caBundleOf } from "../../host/authorities.ts";
import type { Host } from "../../host/host.ts";
import { selfCommand } from "../../host/self.ts";
import { spawnSession, waitFor } from "../../host/spawn.ts";
import { sendSignal } from "../../host/syscalls.ts";
import { unmountAt } from "../unmount-share.ts";
import type { RemotePlace } from "./serve-remote.ts";

/** First word of this program when it is started as the child that serves a server's directory. */
export const REMOTE_TASK = "remote-task";
const DIRECTORY = "/run/mondo";
export const REMOTE_LOG = `${DIRECTORY}/remote.log`;
/** All tries to open, each with its own limit. */
const OPEN_MS = 45_000;
const END_MS = 5000;
const POLL_MS = 50;
const KILL = 9;

/** What a child is to mount: `open` is for the `openTree` of the protocol's driver. Plain JSON. */
export interface RemoteWish extends RemotePlace {
  readonly protocol: string;
  readonly open: object;
}

/** The child's answer: the directory is mounted, or why not, with the hint and setting of the MondoError. */
export type RemoteAnswer =
  | { readonly mounted: true }
  | { readonly error: string; readonly hint?: string; readonly setting?: unknown };

/** Files by which parent and child talk about the mount on a directory. */
export function remoteFiles(target: string): { readonly wish: string; readonly answer: string } {
  const name = `${DIRECTORY}/remote${target.replaceAll("/", "-")}`;
  // URLs may hold passwords: they must not show on a command line.
  return { wish: `${name}.json`, answer: `${name}-answer.json` };
}

function startChild(host: Host, task: string, target: string): number {
  const argv = selfCommand([task, target]);
  const bundle = caBundleOf(host);
  return spawnSession({
    path: argv[0] ?? "",
    argv,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      ...sameLanguage(host.env),
      ...(bundle === undefined ? {} : { NODE_EXTRA_CA_CERTS: bundle }),
    },
    outputFile: REMOTE_LOG,
  });
}

/** Waits for the child's answer while it lives. */
async function answerOf(host: Host, pid: number, file: string): Promise<RemoteAnswer> {
  const end = host.nowMs() + OPEN_MS;
  const read = () => host.tryReadText(file);
  for (;;) {
    const hasEnded = read() === undefined && waitFor(pid);
    const text = read();
    if (text !== undefined) return JSON.parse(text) as RemoteAnswer;
    if (hasEnded || host.nowMs() > end) return { error: msg`the server does not answer` };
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

function requireFuse(host: Host): void {
  if (host.exists("/dev/fuse")) return;
  const what = msg`the kernel here has no FUSE, by which a server's directory is mounted (no /dev/fuse)`;
  throw new MondoError("system", what, { hint: msg`Load its module (modprobe fuse), or use an NFS share.` });
}

/**
 * Mounts a directory on a server that the kernel has no file system for. It is served by a child, so that reads go on
 * while this program waits (`task`: the first word that it is started with); the function that is returned takes it
 * away. Needs the module fuse. Throws one sentence within three quarters of a minute.
 */
export async function attachRemote(host: Host, wish: RemoteWish, task = REMOTE_TASK): Promise<() => Promise<void>> {
  requireFuse(host);
  host.makeDirectory(DIRECTORY, 0o700);
  host.makeDirectory(wish.target);
  const files = remoteFiles(wish.target);
  host.write(files.wish, JSON.stringify(wish), 0o600);
  host.remove(files.answer);
  const pid = startChild(host, task, wish.target);
  const answer = await answerOf(host, pid, files.answer);
  host.remove(files.answer);
  // A child that never got to it leaves it, with what it holds of passwords.
  host.remove(files.wish);
  if ("mounted" in answer) return () => detach(host, pid, wish.target);
  await detach(host, pid, wish.target);
  const { error, setting, hint = msg`Look at the server, and at its address.` } = answer;
  throw new MondoError("not-found", error, { hint, data: setting === undefined ? {} : { setting } });
}
