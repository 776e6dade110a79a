import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { endWithParent, onUnhandledRejection } from "../../host/process-events.ts";
import { shareDrivers } from "../share-drivers.ts";
import { unmountAt } from "../unmount-share.ts";
import { REMOTE_LOG, type RemoteAnswer, type RemoteWish, remoteFiles } from "./attach-remote.ts";
import type { RemoteTree } from "./remote-tree.ts";
import { serveRemote } from "./serve-remote.ts";

function openTree(host: Host, { protocol, open }: RemoteWish, log: (text: string) => void): Promise<RemoteTree> {
  const driver = shareDrivers.find((one) => one.protocol === protocol);
  if (driver?.openTree) return driver.openTree(host, open, log);
  throw new MondoError("bug", msg`no directory is served by the protocol ${protocol}`);
}

function failure(error: unknown): RemoteAnswer {
  const { hint, data } = error instanceof MondoError ? error : { hint: undefined, data: {} as { setting?: unknown } };
  return { error: messageOf(error), ...(hint === undefined ? {} : { hint }), setting: data.setting };
}

/**
 * A child's work: serves a tree as a file system until it is unmounted. Errors are left in a file for the parent.
 */
export async function runTreeTask(
  host: Host,
  target: string,
  open: (wish: RemoteWish, log: (text: string) => void) => Promise<RemoteTree>,
): Promise<void> {
  const log = (text: string) => host.append(REMOTE_LOG, `${text}\n`);
  const files = remoteFiles(target);
  const answer = (value: RemoteAnswer) => host.write(files.answer, JSON.stringify(value), 0o600);
  try {
    // Whoever reads waits for this process: nothing that one request throws may end it.
    onUnhandledRejection((error) => log(`not handled: ${messageOf(error)}`));
    const wish = JSON.parse(host.readText(files.wish)) as RemoteWish;
    host.remove(files.wish);
    // Without the process that started this one nobody takes the file system down.
    endWithParent(() => unmountAt(host, wish.target));
    const tree = await open(wish, log);
    await serveRemote(tree, wish, log, () => answer({ mounted: true }));
  } catch (error) {
    log(messageOf(error));
    answer(failure(error));
  }
}

/** The child's work for a directory on a server. */
export const runRemoteTask = (host: Host, target: string): Promise<void> =>
  runTreeTask(host, target, (wish, log) => openTree(host, wish, log));
