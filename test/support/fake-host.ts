import { MondoError } from "../../src/base/errors.ts";
import type { Command, CommandResult, Host, PathStat } from "../../src/host/host.ts";
import type { MountOptions } from "../../src/host/syscalls.ts";
import { fakeClock } from "./fake-clock.ts";

/** What a fake host is made of. Everything that is not here does not exist, or refuses. */
export interface FakeHostParts {
  /** Text files by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Symbolic links by path. */
  readonly links?: Readonly<Record<string, string>>;
  readonly mount?: (options: MountOptions) => void;
  readonly unmount?: (path: string) => void;
  readonly run?: (command: Command) => Promise<CommandResult>;
}

/** Files that show blank disks as the kernel does; bytes by name. */
export function blankDisks(disks: Readonly<Record<string, number>>): Record<string, string> {
  const of = ([name, bytes]: [string, number]) => [
    [`/sys/class/block/${name}/size`, `${bytes / 512}\n`],
    [`/sys/class/block/${name}/dev`, `254:${name.charCodeAt(2)}\n`],
    [`/dev/${name}`, ""],
  ];
  return Object.fromEntries(Object.entries(disks).flatMap(of));
}

function fakeStat(kind: PathStat["kind"], sizeBytes: number): PathStat {
  return { kind, sizeBytes, mode: 0o600, uid: 0, gid: 0, mtimeMs: 0, rdev: "0:0", dev: "0:1", ino: 1 };
}

/** A host of files in memory that refuses to act, and whose time only `sleep` moves. */
export function fakeHost(parts: FakeHostParts = {}): Host & { readonly files: Map<string, string> } {
  const files = new Map(Object.entries(parts.files ?? {}));
  const links = new Map(Object.entries(parts.links ?? {}));
  const refuse = (what: string) => (): never => {
    throw new MondoError("refused", `the fake host does not ${what}`);
  };
  /** Follows links in every part of the path. */
  const real = (path: string): string => {
    for (let hop = 0; hop < 20; hop += 1) {
      const link = [...links.keys()].find((from) => path === from || path.startsWith(`${from}/`));
      if (link === undefined) return path;
      path = `${links.get(link)}${path.slice(link.length)}`;
    }
    return path;
  };
  const isDirectory = (path: string) => [...files.keys()].some((file) => file.startsWith(`${path}/`));
  const text = (path: string) => files.get(real(path));
  const readText = (path: string): string => {
    const found = text(path);
    if (found === undefined) throw new MondoError("not-found", `read ${path}: no such file or directory`);
    return found;
  };
  const list = (path: string) => {
    const directory = `${real(path)}/`;
    const below = [...files.keys()]
      .filter((file) => file.startsWith(directory))
      .map((file) => file.slice(directory.length));
    const linked = [...links.keys()]
      .filter((link) => link.startsWith(directory))
      .map((link) => link.slice(directory.length));
    return [...new Set([...below, ...linked].map((name) => name.split("/")[0] ?? ""))].sort();
  };
  return {
    files,
    read: (path) => new TextEncoder().encode(readText(path)),
    readText,
    tryReadText: text,
    readAt: (path, offset, length) => new TextEncoder().encode(readText(path)).subarray(offset, offset + length),
    list,
    listWhole: list,
    exists: (path) => files.has(real(path)) || isDirectory(real(path)),
    readLink: (path) => links.get(path),
    realPath: (path) => (files.has(real(path)) || isDirectory(real(path)) ? real(path) : undefined),
    write: (path, data) => void files.set(path, typeof data === "string" ? data : new TextDecoder().decode(data)),
    replace: (path, data) => void files.set(path, typeof data === "string" ? data : new TextDecoder().decode(data)),
    create(path, data) {
      if (files.has(path)) return false;
      files.set(path, typeof data === "string" ? data : new TextDecoder().decode(data));
      return true;
    },
    poke: (path, data) => void files.set(path, typeof data === "string" ? data : new TextDecoder().decode(data)),
    append: (path, data) => void files.set(path, (files.get(path) ?? "") + data),
    makeDirectory() {},
    writeAt: refuse("write to devices"),
    // It has no device nodes, which is all that is asked for.
    stat: () => undefined,
    lstat: (path) => {
      if (links.has(path)) return fakeStat("symlink", 0);
      const found = files.get(real(path));
      if (found !== undefined) return fakeStat("file", new TextEncoder().encode(found).byteLength);
      return isDirectory(real(path)) ? fakeStat("directory", 0) : undefined;
    },
    makeNode: refuse("make nodes"),
    symlink: (target, path) => void links.set(path, target),
    rename: refuse("rename"),
    syncFile() {},
    copy: refuse("copy"),
    remove: refuse("remove"),
    removeEmpty() {},
    freeBytes: refuse("measure"),
    usedBytes: refuse("measure"),
    cloneTree: () => undefined,
    usedInodes: refuse("measure"),
    which: () => undefined,
    run: parts.run ?? refuse("run commands"),
    mount: parts.mount ?? refuse("mount"),
    unmount: parts.unmount ?? refuse("unmount"),
    sync() {},
    env: {},
    ...fakeClock(),
  };
}
