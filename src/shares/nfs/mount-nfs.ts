import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { ChildAnswer } from "../../host/ask-child.ts";
import type { Host } from "../../host/host.ts";
import { cure } from "../../network/setting.ts";
import { mountInChild } from "../mount-in-child.ts";
import type { ShareModules } from "../share-driver.ts";
import { unmountAt } from "../unmount-share.ts";

/** An export: its server by name, for people, and by address. */
export interface ResolvedExport {
  readonly server: string;
  /** IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly path: string;
}

/** For all versions together: a person must learn within half a minute that a server hangs. */
const DEADLINE_MS = 20_000;
const ERRNO = {
  noEntry: 2,
  notPermitted: 1,
  denied: 13,
  noDevice: 19,
  invalid: 22,
  protocol: 93,
};

type Failure = ChildAnswer & { readonly result: "failed" };

interface Version {
  readonly name: string;
  readonly module: string;
  /** Without what becomes of reads from a server that goes away. */
  options(address: string): string;
}

const isSix = (address: string) => address.includes(":");
const transport = (address: string) => (isSix(address) ? "tcp6" : "tcp");
const anybody = (address: string) => (isSix(address) ? "::" : "0.0.0.0");

/**
 * A server that goes away in the middle is waited for: no read ever ends short. `brief`: half a minute, then ETIMEDOUT
 * (Linux 5.1). Source: nfs(5), fs/nfs/fs_context.c.
 */
const AWAY = { forever: "hard", brief: "softerr,timeo=100,retrans=2" } as const;

const four = (name: string): Version => ({
  name,
  module: "nfsv4",
  options: (address) => `addr=${address},vers=${name},proto=${transport(address)},clientaddr=${anybody(address)}`,
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
      return `addr=${address},vers=3,nolock,proto=${tcp},mountproto=${tcp}`;
    },
  },
];

/** Whether another minor version may succeed: the server or the kernel lacks only this one. */
const isAboutVersion = ({ errno }: Failure) => errno === ERRNO.protocol || errno === ERRNO.invalid;

/** The failure that says most: a refused export before a version that the server doesn't speak. */
function explain({ server, path }: ResolvedExport, failures: readonly Failure[]): MondoError {
  const has = (...numbers: readonly number[]) => failures.some(({ errno }) => numbers.includes(errno));
  const hint = { hint: msg`Look at /etc/exports of the server (exportfs -v).`, ...cure("share") };
  if (has(ERRNO.noEntry)) return new MondoError("not-found", msg`${server} has no export ${path}`, hint);
  if (has(ERRNO.denied, ERRNO.notPermitted)) {
    return new MondoError(
      "not-found",
      msg`${server} does not let this machine mount ${path} (or has no such export)`,
      hint,
    );
  }
  if (has(ERRNO.noDevice)) {
    return new MondoError("system", msg`this kernel does not support NFS`, {
      hint: msg`Use a kernel that has the module nfs.`,
      ...cure("kernel"),
    });
  }
  const reasons = [...new Set(failures.map(({ reason }) => reason))].join("; ");
  return new MondoError("system", msg`${server}:${path} can't be mounted by any version of NFS: ${reasons}`, hint);
}

/** Where an export is mounted, and whether it may be written to. */
export interface NfsPlace {
  readonly target: string;
  readonly readOnly: boolean;
  /** Whether reading fails when the server is away for half a minute; default: it waits. */
  readonly isBrief?: boolean;
}

/**
 * One try; `undefined` when the export is mounted. Throws `system` when the server doesn't answer within `timeoutMs`.
 */
async function tryVersion(
  host: Host,
  modules: ShareModules,
  { server, address, path, target, readOnly, isBrief = false }: ResolvedExport & NfsPlace,
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
    data: `${version.options(address)},${isBrief ? AWAY.brief : AWAY.forever}`,
    readOnly,
  };
  const answer = await mountInChild(host, mount, timeoutMs);
  if (answer.result === "failed") return answer;
  if (answer.result === "done") return undefined;
  // A child that was killed at the last moment may have left a mount.
  unmountAt(host, target);
  throw new MondoError("system", msg`${server} takes connections, but its NFS server does not answer`, {
    hint: msg`Look at the NFS server (it may be starting up: after a restart it makes clients wait), then try again.`,
  });
}

/** Mounts an export by the newest version that the server speaks, which is returned. Each failure is one sentence. */
export async function mountNfs(
  host: Host,
  modules: ShareModules,
  wish: ResolvedExport,
  place: NfsPlace,
): Promise<string> {
  unmountAt(host, place.target);
  host.makeDirectory(place.target);
  await modules.require("nfs");
  // The time that this machine takes to load modules must not count as the server's.
  for (const module of new Set(VERSIONS.map((version) => version.module)))
    await modules.require(module).catch(() => {});
  const end = host.nowMs() + DEADLINE_MS;
  const failures: Failure[] = [];
  for (const version of VERSIONS) {
    const last = failures.at(-1);
    if (last && !isAboutVersion(last) && version.module === "nfsv4") continue;
    const timeoutMs = Math.max(1000, end - host.nowMs());
    const here = { ...wish, ...place };
    let failure = await tryVersion(host, modules, here, version, timeoutMs);
    // Older kernels can't be brief.
    if (failure?.errno === ERRNO.invalid && place.isBrief) {
      failure = await tryVersion(host, modules, { ...here, isBrief: false }, version, timeoutMs);
    }
    if (!failure) return version.name;
    failures.push(failure);
  }
  throw explain(wish, failures);
}
