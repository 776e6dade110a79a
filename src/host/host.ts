import type { TreeClone } from "./clone-tree.ts";
import type { MountOptions } from "./syscalls.ts";

/** One command. `argv[0]` is looked up on PATH (of the chroot, if there is one). No shell is ever involved. */
export interface Command {
  readonly argv: readonly string[];
  /** Run with this directory as `/`. */
  readonly chroot?: string;
  readonly cwd?: string;
  /** Added to a clean environment (PATH, LC_ALL=C, HOME, TERM). */
  readonly env?: Readonly<Record<string, string>>;
  /** Fed to standard input; nothing otherwise. Secrets go here, never into argv. */
  readonly input?: string | Uint8Array;
  /** The command uses our terminal (an interactive shell). */
  readonly terminal?: boolean;
  /** The command is killed when it takes longer. Default: no limit. */
  readonly timeoutMs?: number;
  /** The command is killed when this aborts; `run` then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * In a session of its own: what ends the command ends the processes that it started, too, and the output of those
   * that outlive it is not waited for.
   */
  readonly ownSession?: true;
  /** Called for each line of output as it arrives (stdout and stderr). */
  readonly onLine?: (line: string) => void;
  /** Exit codes that count as success. Default `[0]`; `"any"` never throws. */
  readonly accept?: readonly number[] | "any";
}

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What most of the program needs to know about a path. Times in ns don't fit a number: see `FileStat` for those. */
export interface PathStat {
  readonly kind: "file" | "directory" | "symlink" | "block" | "char" | "fifo" | "socket";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Device number of a device node, "major:minor". */
  readonly rdev: string;
  /** Device number of the file system that holds the path, "major:minor". */
  readonly dev: string;
  readonly ino: number;
}

/**
 * The one door to the machine. Paths and texts here are what `textOfBytes` makes of bytes; the archive's inner loop,
 * whose names are bytes, uses `fs-calls.ts` instead. Everything but `run` and `sleep` returns at once. Failures are
 * MondoErrors.
 */
export interface Host {
  read(path: string): Uint8Array;
  readText(path: string): string;
  /** `undefined` when the path does not exist or can't be read. */
  tryReadText(path: string): string | undefined;
  /** `length` bytes at `offset` of a file or device; shorter at its end. */
  readAt(path: string, offset: number, length: number): Uint8Array;
  writeAt(path: string, offset: number, bytes: Uint8Array): void;
  /** Names in a directory, sorted; empty when there is none, or it can't be read. */
  list(path: string): string[];
  /** The same where a directory that can't be read must not pass for an empty one; throws what speaks against it. */
  listWhole(path: string): string[];
  /** Follows symbolic links. */
  exists(path: string): boolean;
  stat(path: string): PathStat | undefined;
  lstat(path: string): PathStat | undefined;
  readLink(path: string): string | undefined;
  realPath(path: string): string | undefined;
  /** Atomic: a temporary file beside it, synced and renamed. */
  write(path: string, data: string | Uint8Array, mode?: number): void;
  /** The same, of a file that is there: owner, mode and extended attributes stay. */
  replace(path: string, data: string | Uint8Array): void;
  /**
   * Makes a file that does not exist; false when it does. Of several that try at once, on several machines, one gets
   * it.
   */
  create(path: string, data: string | Uint8Array, mode?: number): boolean;
  /** Plain write, in one piece, for procfs, sysfs, efivarfs, devices. */
  poke(path: string, data: string | Uint8Array): void;
  append(path: string, data: string | Uint8Array): void;
  /** Makes parents, too; no error when it exists. */
  makeDirectory(path: string, mode?: number): void;
  makeNode(path: string, kind: "block" | "char", major: number, minor: number, mode: number): void;
  symlink(target: string, path: string): void;
  rename(from: string, to: string): void;
  /** When it returns, everything written to the file is on the disk. */
  syncFile(path: string): void;
  copy(from: string, to: string): void;
  /** Recursively; never leaves the file system it started on; no error when there is nothing. */
  remove(path: string): void;
  /** A directory in which nothing is; one that holds something, or whose content can't be told, stays. */
  removeEmpty(path: string): void;
  /** Free bytes of the file system that holds the path, for root. */
  freeBytes(path: string): number;
  /** Bytes in use on the file system that holds the path. */
  usedBytes(path: string): number;
  /** Inodes in use in the file system that holds the path; 0 where it doesn't count them. */
  usedInodes(path: string): number;

  /** Where a tool is on PATH. */
  which(tool: string): string | undefined;
  run(command: Command): Promise<CommandResult>;

  mount(options: MountOptions): void;
  unmount(path: string, options?: { readonly lazy?: boolean }): void;
  /** The directory without what is mounted on and below it, until it is closed; undefined where that can't be had. */
  cloneTree(path: string): TreeClone | undefined;
  sync(): void;

  readonly env: Readonly<Record<string, string | undefined>>;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `work` once, `ms` from now, unless the returned function is called before. */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` every `ms` until the returned function is called. */
  every(ms: number, work: () => void): () => void;
}
