import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { ChildAnswer } from "../../host/ask-child.ts";
import type { Host } from "../../host/host.ts";
import { withoutKernelSearch } from "../../modules/kernel-search.ts";
import { type Service, waitForServer } from "../../network/reach.ts";
import { resolveServer } from "../../network/resolve-server.ts";
import { cure } from "../../network/setting.ts";
import { mountInChild, type NetworkMount } from "../mount-in-child.ts";
import type { ShareModules } from "../share-driver.ts";
import { unmountAt } from "../unmount-share.ts";
import { type CifsCredentials, type CifsPlace, cifsOptions, cifsSource } from "./cifs-place.ts";

/** Enough for a kernel that looks for two dozen ciphers and digests by itself. */
const MOUNT_MS = 60_000;

/** What it needs besides what modules.softdep lists for cifs: parts of gcm(aes), and the names' character set. */
const LOOKED_FOR = ["ctr", "ghash", "nls_utf8"];
const SMB: Service = { name: msg`Windows file server (SMB)`, ports: [445] };

/** Source: fs/smb/client/smb2maperror.c, errno(3). */
const ERRNO = { noEntry: 2, noSuchShare: 6, denied: 13, noDevice: 19, unsupported: 95, keyRejected: 129 } as const;

/** The kernel's error number as a sentence. A wrong password and a closed share have the same number. */
function explain(place: CifsPlace, { user }: CifsCredentials, errno: number, reason: string): MondoError {
  const { server, path } = place;
  const problem = (text: string, hint: string) => new MondoError("not-found", text, { hint });
  switch (errno) {
    case ERRNO.denied:
    case ERRNO.keyRejected:
      return problem(
        msg`${server} does not let ${user} in with that password, or not into ${path}`,
        msg`Check the name, the password and the domain, and who may use the share.`,
      );
    case ERRNO.noEntry:
    case ERRNO.noSuchShare:
      return problem(
        msg`${server} has no ${path}, or not for ${user}`,
        msg`Its first part must be the name of a share, not a path on the server.`,
      );
    case ERRNO.noDevice:
      return new MondoError("not-found", msg`this kernel does not support CIFS`, {
        hint: msg`Use a kernel that has the module cifs.`,
        ...cure("kernel"),
      });
    case ERRNO.unsupported:
      return problem(
        msg`${server} speaks no version of SMB that this kernel does`,
        msg`Allow SMB 2.1 or 3 on the server.`,
      );
    default:
      return problem(msg`${cifsSource(place)} can't be mounted: ${reason}`, msg`Look at the server's log.`);
  }
}

/** Where a share is mounted, as whom, and how often its server is tried. */
export interface CifsWish {
  readonly place: CifsPlace;
  readonly credentials: CifsCredentials;
  readonly target: string;
  readonly readOnly: boolean;
  readonly tries: number;
  /** Whether reading fails when the server is away for some minutes; default: it waits. */
  readonly isBrief?: boolean;
}

/** The server has answered, and nothing that is missing here can be the reason for its refusal. */
const isRefusal = (answer: ChildAnswer) =>
  answer.result === "failed" && [ERRNO.denied, ERRNO.keyRejected].some((errno) => errno === answer.errno);

/** mount(2): without a search for modules where all of them are loaded before, and only if that fails with one. */
async function mountShare(host: Host, modules: ShareModules, mount: NetworkMount): Promise<ChildAnswer> {
  await modules.require("cifs");
  if (modules.load) {
    for (const name of LOOKED_FOR) await modules.load(name);
    const answer = await withoutKernelSearch(host, () => mountInChild(host, mount, MOUNT_MS));
    if (answer.result === "done" || isRefusal(answer)) return answer;
    unmountAt(host, mount.target);
  }
  return mountInChild(host, mount, MOUNT_MS);
}

/** Mounts a share of a Windows or Samba server by mount(2). Each failure is one sentence. */
export async function mountCifs(host: Host, modules: ShareModules, wish: CifsWish): Promise<void> {
  const { place, credentials, target, readOnly, tries, isBrief } = wish;
  const address = await resolveServer(host, place.server);
  await waitForServer(host, place.server, address, tries, SMB);
  unmountAt(host, target);
  host.makeDirectory(target);
  const data = decodeText(cifsOptions(address, credentials, isBrief).reveal());
  const mount = { type: "cifs", source: cifsSource(place), target, data, readOnly } as const;
  const answer = await mountShare(host, modules, mount);
  if (answer.result === "done") return;
  // A child that was killed at the last moment may have left a mount.
  unmountAt(host, target);
  if (answer.result === "failed") throw explain(place, credentials, answer.errno, answer.reason);
  throw new MondoError("system", msg`${place.server} takes connections, but its file server does not answer`, {
    hint: msg`Look at the server, then try again.`,
  });
}
