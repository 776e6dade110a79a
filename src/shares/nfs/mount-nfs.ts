import { MondoError, messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { ModuleService } from "../../modules/module-service.ts";
import { mountInChild, type TaskAnswer } from "../../network/task.ts";
import { unmountAt } from "../unmount.ts";

/** Where an export gets mounted. */
export const EXPORT_DIRECTORY = "/mnt/network";

/** An export, its server's name as it was given, and the address behind it. */
export interface NfsExport {
  readonly server: string;
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly path: string;
}

/** All versions together: a person must learn within half a minute that a server hangs. */
const DEADLINE_MS = 20_000;
const ERRNO = {
  noEntry: 2,
  notPermitted: 1,
  denied: 13,
  noDevice: 19,
  invalid: 22,
  protocol: 93,
};

type Failure = TaskAnswer & { readonly result: "failed" };

interface Version {
  readonly name: string;
  readonly module: string;
  options(address: string): string;
}

const isSix = (address: string) => address.includes(":");
const transport = (address: string) => (isSix(address) ? "tcp6" : "tcp");
const anybody = (address: string) => (isSix(address) ? "::" : "0.0.0.0");

/** A server that goes away in the middle is waited for (`hard`): no read ever ends short. Source: nfs(5), fs/nfs/fs_context.c. */
const four = (name: string): Version => ({
  name,
  module: "nfsv4",
  options: (address) => `addr=${address},vers=${name},proto=${transport(address)},clientaddr=${anybody(address)},hard`,
});
const VERSIONS: readonly Version[] = [
  four("4.2"),
  four("4.1"),
  four("4.0"),
  {
    name: "3",
    module: "nfsv3",
    // No lock daemon runs in the rescue.
    options: (address) => {
      const tcp = transport(address);
      return `addr=${address},vers=3,nolock,proto=${tcp},mountproto=${tcp},hard`;
    },
  },
];

/** Whether another minor version may do what this one didn't: the server speaks the protocol, or the kernel not this one. */
const isAboutVersion = ({ errno }: Failure) => errno === ERRNO.protocol || errno === ERRNO.invalid;

/** The failure that says most: a refusal of the export before a protocol that isn't spoken. */
function explain({ server, path }: NfsExport, failures: readonly Failure[]): MondoError {
  const has = (...numbers: readonly number[]) => failures.some(({ errno }) => numbers.includes(errno));
  const hint = "Look at /etc/exports of the server (exportfs -v), or give another nfsmount=.";
  if (has(ERRNO.noEntry)) return new MondoError("not-found", `${server} has no export ${path}`, { hint });
  if (has(ERRNO.denied, ERRNO.notPermitted)) {
    return new MondoError("not-found", `${server} does not let this machine mount ${path} (or has no such export)`, {
      hint,
    });
  }
  if (has(ERRNO.noDevice)) {
    return new MondoError("system", "the kernel of this rescue system knows no NFS", {
      hint: "Make the image with a kernel that has the module nfs, or use the ISO as a disc or a stick.",
    });
  }
  const reasons = [...new Set(failures.map(({ reason }) => reason))].join("; ");
  return new MondoError("system", `${server}:${path} can't be mounted by any version of NFS: ${reasons}`, { hint });
}

/** Takes the export of the rescue down. */
export const unmountExport = (host: Host): void => unmountAt(host, EXPORT_DIRECTORY);

/** Where an export goes, and whether it may be written to. */
export interface NfsPlace {
  readonly target: string;
  readonly readOnly: boolean;
}

type ModuleLoader = Pick<ModuleService, "require">;

/** One try; `undefined` when it stands. Throws `system` when the server doesn't answer within `timeoutMs`. */
async function tryVersion(
  host: Host,
  modules: ModuleLoader,
  { server, address, path, target, readOnly }: NfsExport & NfsPlace,
  version: Version,
  timeoutMs: number,
): Promise<Failure | undefined> {
  try {
    await modules.require(version.module);
  } catch (error) {
    return { result: "failed", reason: messageOf(error), errno: ERRNO.protocol };
  }
  const server6 = isSix(address) ? `[${address}]` : address;
  const mount = {
    type: "nfs" as const,
    source: `${server6}:${path}`,
    target,
    data: version.options(address),
    readOnly,
  };
  const answer = await mountInChild(host, mount, timeoutMs);
  if (answer.result === "failed") return answer;
  if (answer.result === "done") return undefined;
  // A child that was killed just as the mount came to stand may have left it.
  unmountAt(host, target);
  throw new MondoError("system", `${server} takes connections, but its NFS server does not answer`, {
    hint: "Look at the NFS server (it may be starting up: after a restart it makes clients wait), then try again.",
  });
}

/** Mounts an export by the newest version that the server speaks, which is returned. Each failure is one sentence. */
export async function mountNfs(host: Host, modules: ModuleLoader, wish: NfsExport, place: NfsPlace): Promise<string> {
  unmountAt(host, place.target);
  host.makeDirectory(place.target);
  await modules.require("nfs");
  // How long this machine takes for its drivers says nothing about the server.
  for (const module of new Set(VERSIONS.map((version) => version.module)))
    await modules.require(module).catch(() => {});
  const end = host.nowMs() + DEADLINE_MS;
  const failures: Failure[] = [];
  for (const version of VERSIONS) {
    const last = failures.at(-1);
    if (last && !isAboutVersion(last) && version.module === "nfsv4") continue;
    const timeoutMs = Math.max(1000, end - host.nowMs());
    const failure = await tryVersion(host, modules, { ...wish, ...place }, version, timeoutMs);
    if (!failure) return version.name;
    failures.push(failure);
  }
  throw explain(wish, failures);
}

/** Mounts the export of the rescue, read-only. */
export const mountExport = (host: Host, modules: ModuleService, wish: NfsExport): Promise<string> =>
  mountNfs(host, modules, wish, { target: EXPORT_DIRECTORY, readOnly: true });
