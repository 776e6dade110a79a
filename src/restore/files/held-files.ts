/** Which programs still use files that were replaced under them. */

import { nameBefore } from "../../archive/extract/overwrite.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";

/** A process with a file that has lost its name, or has another one now. */
export interface Holding {
  readonly pid: number;
  /** What the file was called. */
  readonly path: string;
}

/** A program that goes on with files that were replaced. */
export interface Holder {
  /** `system`: a unit of the system's manager; `session`: what a person has started; `process`: neither. */
  readonly kind: "system" | "session" | "process";
  /** The unit, or the process's name. */
  readonly name: string;
  readonly pids: readonly number[];
  readonly paths: readonly string[];
}

const DELETED = " (deleted)";

/** The name that a path had before; undefined: it is called as ever. */
function formerPath(path: string): string | undefined {
  if (!path.startsWith("/")) return undefined;
  if (path.endsWith(DELETED)) return path.slice(0, -DELETED.length);
  const slash = path.lastIndexOf("/") + 1;
  const before = nameBefore(path.slice(slash));
  return before === undefined ? undefined : path.slice(0, slash) + before;
}

/** Files that a process has mapped and that have lost their names. Source: proc_pid_maps(5). Pure. */
export function formerMappings(maps: string): string[] {
  const paths = maps.split("\n").map((line) => /^\S+ \S+ \S+ \S+ [1-9]\d* +(\/.*)$/.exec(line)?.[1] ?? "");
  return [...new Set(paths.flatMap((path) => formerPath(path) ?? []))];
}

/** The unit of a process by its control group. Source: systemd, docs/CGROUP_DELEGATION.md. Pure. */
export function unitOf(cgroup: string): Pick<Holder, "kind" | "name"> | undefined {
  const path = /^(?:0:|\d+:name=systemd):(\/.*)$/m.exec(cgroup)?.[1];
  const units = path?.split("/").filter((part) => /\.(service|scope)$/.test(part)) ?? [];
  const [first] = units;
  if (first === undefined) return undefined;
  const isPersons = path?.startsWith("/user.slice/") === true;
  const own = isPersons ? (units.at(-1) ?? first) : first;
  return { kind: isPersons ? "session" : "system", name: own };
}

/** What a process keeps to itself, or takes along as it ends, is nothing to us. */
function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}

/** Whether a process sees the same files as we do: in a container a path is another file. */
function sharesRoot(host: Host, pid: number): boolean {
  const [own, theirs] = [host.stat("/"), orNothing(() => host.stat(`/proc/${pid}/root/`), undefined)];
  return own !== undefined && theirs !== undefined && own.dev === theirs.dev && own.ino === theirs.ino;
}

function formerFilesOf(host: Host, pid: number): string[] {
  const directory = `/proc/${pid}`;
  const mapped = formerMappings(host.tryReadText(`${directory}/maps`) ?? "");
  const descriptors = orNothing(() => host.list(`${directory}/fd`), []);
  const open = descriptors.flatMap((name) => {
    const link = orNothing(() => host.readLink(`${directory}/fd/${name}`), undefined);
    return link === undefined ? [] : (formerPath(link) ?? []);
  });
  return [...new Set([...mapped, ...open])];
}

/** What processes use that has lost its name. Those that end meanwhile, or belong to another root, are passed over. */
export function holdings(host: Host): Holding[] {
  const pids = host
    .list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids
    .filter((pid) => sharesRoot(host, pid))
    .flatMap((pid) => formerFilesOf(host, pid).map((path) => ({ pid, path })));
}

const keyOf = ({ pid, path }: Holding) => `${pid} ${path}`;

/** The programs behind holdings that are new since `before`, of files that `isOurs`. */
export function newHolders(
  host: Host,
  before: readonly Holding[],
  now: readonly Holding[],
  isOurs: (path: string) => boolean,
): Holder[] {
  const known = new Set(before.map(keyOf));
  const holders = new Map<string, { kind: Holder["kind"]; name: string; pids: Set<number>; paths: Set<string> }>();
  for (const holding of now) {
    if (known.has(keyOf(holding)) || !isOurs(holding.path)) continue;
    const { pid, path } = holding;
    const comm = (host.tryReadText(`/proc/${pid}/comm`) ?? "").trim();
    const { kind, name } = unitOf(host.tryReadText(`/proc/${pid}/cgroup`) ?? "") ?? { kind: "process", name: comm };
    const key = `${kind} ${name}`;
    const holder = holders.get(key) ?? { kind, name, pids: new Set<number>(), paths: new Set<string>() };
    holder.pids.add(pid);
    holder.paths.add(path);
    holders.set(key, holder);
  }
  return [...holders.values()].map(({ kind, name, pids, paths }) => ({
    kind,
    name,
    pids: [...pids],
    paths: [...paths],
  }));
}

/** Units whose restart takes what else runs with it. */
const NEEDS_MACHINE = /^(dbus|dbus-broker)\.service$/;
const MANAGER = "init.scope";

/** What to do about them, for people. Pure. */
export function restartAdvice(holders: readonly Holder[]): string[] {
  const of = (kind: Holder["kind"]) => holders.filter((holder) => holder.kind === kind);
  const units = of("system").map(({ name }) => name);
  const services = units.filter((name) => name !== MANAGER && !NEEDS_MACHINE.test(name));
  const sessions = of("session").map(({ name }) => name);
  const processes = of("process").map(({ name, pids }) => `${name} (${pids.join(", ")})`);
  const machine = units.filter((name) => NEEDS_MACHINE.test(name));
  return [
    ...(services.length > 0
      ? [msg`These services still use files that were replaced: systemctl restart ${services.join(" ")}`]
      : []),
    ...(units.includes(MANAGER) ? [msg`The system's manager does, too: systemctl daemon-reexec`] : []),
    ...(machine.length > 0 ? [msg`${machine.join(", ")} can't be restarted alone: restart the machine`] : []),
    ...(sessions.length > 0
      ? [msg`Programs that people have started use them: ${sessions.join(", ")}; they are new after the next login`]
      : []),
    ...(processes.length > 0 ? [msg`Processes that no unit has started use them: ${processes.join(", ")}`] : []),
  ];
}
