/** A place that may hold several sets, as a directory: whatever a person names it by. */

import { isIsoOfSet } from "../archive/set/iso-medium.ts";
import { isTapeDrive } from "../archive/tape/tape-devices.ts";
import { requireRoot } from "../backup/checks.ts";
import { type Remover, removeHere } from "../backup/retention/prune-sets.ts";
import { removeInStore } from "../backup/retention/remove-in-store.ts";
import { withStickToRead } from "../backup/stick/read-stick.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Share } from "../shares/share-driver.ts";
import { parseShare } from "../shares/share-words.ts";
import { openStoreAt, withStoreMounted } from "./archive-to-store.ts";
import type { CommandContext } from "./command.ts";
import { credentialsOf } from "./credentials-option.ts";
import { withShare } from "./with-share.ts";
import { setTarget } from "./with-shared-set.ts";

/** Where the sets are meanwhile. */
export interface OpenPlace {
  readonly directory: string;
  /** A path in it as the person would write it. */
  readonly shown: (path: string) => string;
  /** Undefined: nothing can be removed there. */
  readonly remove: Remover | undefined;
}

type Work = (place: OpenPlace) => Promise<number>;

const shownBelow = (directory: string, name: string) => (path: string) =>
  path.startsWith(directory) ? `${name.replace(/\/+$/, "")}${path.slice(directory.length)}` : path;

/** A store is mounted to be read; what goes, goes by requests of its own. */
async function inStore(context: CommandContext, share: Share, work: Work): Promise<number> {
  const open = await openStoreAt(context, share);
  return withStoreMounted(context.host, open, ({ directory }) =>
    work({ directory, shown: shownBelow(directory, share.name), remove: removeInStore(open.store, directory) }),
  ).finally(() => open.close?.());
}

function onServer(context: CommandContext, share: Share, access: "read" | "write", work: Work): Promise<number> {
  const { host, words } = context;
  if (access === "write" && share.driver.takes === "nothing") {
    throw new MondoError("usage", msg`${share.name} can only be read`, { hint: msg`Remove backups at the server.` });
  }
  const use = { access, target: setTarget(), expected: "manifest.json", ...credentialsOf(host, words) };
  return withShare(host, share, use, ({ directory }) =>
    work({ directory, shown: shownBelow(directory, share.name), remove: removeHere(host) }),
  );
}

function requirePlace(host: Host, name: string): void {
  if (isTapeDrive(host, name)) {
    throw new MondoError(
      "usage",
      msg`${name} is a tape drive, whose backups can't be listed without reading them all`,
      {
        hint: msg`The newest one: mondo list ${name}`,
      },
    );
  }
}

/**
 * Does work with the directory that a name leads to: a directory or an image here, a share, a store, or a stick that
 * mondo made. Throws `usage` for a place in which nothing can be removed, when that is wanted.
 */
export async function withPlace(
  context: CommandContext,
  name: string,
  access: "read" | "write",
  work: Work,
): Promise<number> {
  const { host } = context;
  const here = { directory: name, shown: (path: string) => path, remove: removeHere(host) };
  requirePlace(host, name);
  const kind = host.stat(name)?.kind;
  if (kind === "block" && !isIsoOfSet(host, name)) {
    requireRoot();
    if (access === "write") {
      throw new MondoError("usage", msg`${name} is a stick: what goes from it, goes with the next backup to it`, {
        hint: msg`Give the rules to it: mondo archive --usb ${name} --keep N`,
      });
    }
    return withStickToRead(host, { name, target: setTarget() }, (directory) =>
      work({ directory, shown: shownBelow(directory, name), remove: undefined }),
    );
  }
  if (kind !== undefined) return work(here);
  const share = parseShare(name);
  if (!share) return work(here);
  requireRoot();
  const { takes } = share.driver;
  return takes === "objects" ? inStore(context, share, work) : onServer(context, share, access, work);
}
