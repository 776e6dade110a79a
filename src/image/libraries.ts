import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { type ElfFile, isElf, parseElf } from "../formats/boot/elf.ts";
import type { Host } from "../host/host.ts";
import { copyPath, findWithin } from "./copy.ts";
import type { Tree } from "./tree.ts";

/** Libraries that programs load by name at run time, so that no DT_NEEDED lists them: [who needs it, what it opens]. */
const OPENED_AT_RUN_TIME: readonly (readonly [library: RegExp, opens: readonly string[]])[] = [
  // pthread_cancel and C++ unwinding; name service by files and by DNS.
  [/^libc\.so\.6$/, ["libgcc_s.so.1", "libnss_files.so.2", "libnss_dns.so.2"]],
  // fdisk and sfdisk use it when it is there.
  [/^libfdisk\.so\.1$/, ["libtinfo.so.6"]],
];

/** Bun's executable needs the first five and its loader, the embedded addons the last three. */
const EXECUTABLE_LIBRARIES = [
  architecture.interpreter,
  "libc.so.6",
  "libm.so.6",
  "libdl.so.2",
  "libpthread.so.0",
  "libstdc++.so.6",
  "libgcc_s.so.1",
  "librt.so.1",
];

/** Directories that ld.so searches by itself. Source: ld.so(8), and Debian's multiarch. */
const DEFAULT_DIRECTORIES: Readonly<Record<number, readonly string[]>> = {
  3: ["/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib"],
  62: ["/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib", "/usr/lib"],
  183: ["/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"],
};

/** Directories of /etc/ld.so.conf, its includes followed (as ldconfig reads them). */
function configuredDirectories(host: Host, root: string, path = "/etc/ld.so.conf", depth = 0): string[] {
  const text = host.tryReadText(`${root}${path}`);
  if (text === undefined || depth > 8) return [];
  return text.split("\n").flatMap((raw) => {
    const line = raw.replace(/#.*/, "").trim();
    const include = /^include\s+(.+)$/.exec(line)?.[1];
    if (include !== undefined) {
      const pattern = include.startsWith("/") ? include : `/etc/${include}`;
      return expandGlob(host, root, pattern).flatMap((file) => configuredDirectories(host, root, file, depth + 1));
    }
    return line.startsWith("/") ? [line.replace(/\s*=.*/, "")] : [];
  });
}

/** Files that match a pattern with `*` in its last part only, which is what ld.so.conf uses. */
function expandGlob(host: Host, root: string, pattern: string): string[] {
  const slash = pattern.lastIndexOf("/");
  const directory = pattern.slice(0, slash);
  const name = new RegExp(
    `^${pattern
      .slice(slash + 1)
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")}$`,
  );
  return host
    .list(`${root}${directory}`)
    .filter((file) => name.test(file))
    .map((file) => `${directory}/${file}`);
}

/** Adds ELF files and everything that the dynamic loader needs for them. One per image: it remembers what it added. */
export class LibraryCloser {
  readonly #host: Host;
  readonly #root: string;
  readonly #tree: Tree;
  readonly #configured: readonly string[];
  readonly #seen = new Set<string>();
  readonly #found = new Map<string, string | undefined>();

  /** `root` is the system that files come from: "" for the running one. */
  constructor(host: Host, root: string, tree: Tree) {
    this.#host = host;
    this.#root = root;
    this.#tree = tree;
    this.#configured = configuredDirectories(host, root);
  }

  /** Adds the interpreter and the libraries of an ELF file that is at `path` of the source system. */
  addFor(path: string, bytes: Uint8Array): void {
    const elf = parseElf(bytes, path);
    if (elf.interpreter !== undefined) this.#take(elf.interpreter);
    const own = path.slice(path.lastIndexOf("/") + 1);
    for (const name of elf.needed) {
      const found = this.#find(name, elf, path);
      if (found === undefined) {
        throw new MondoError("tool-missing", msg`${path} needs the library ${name}, which is not on this system`, {
          hint: msg`Reinstall the package that owns ${path}, or run ldconfig.`,
          data: { path, library: name },
        });
      }
      this.#take(found);
    }
    const opened = OPENED_AT_RUN_TIME.filter(([library]) => library.test(own)).flatMap(([, names]) => names);
    for (const name of opened) {
      const found = this.#find(name, elf, path);
      if (found !== undefined) this.#take(found);
    }
  }

  /** What our own executable needs: it and its addons (unpacked at run time) are linked against these. */
  addForExecutable(): void {
    const elf = { bits: 64, machine: architecture.elf, needed: [], rpath: [], runpath: [] } as const;
    for (const name of EXECUTABLE_LIBRARIES) {
      const found = this.#find(name, elf, "/init");
      if (found === undefined) {
        throw new MondoError("tool-missing", msg`the rescue needs the library ${name}, which is not on this system`, {
          hint: msg`Install it (Debian: apt-get install libstdc++6 libgcc-s1).`,
        });
      }
      this.#take(found);
    }
  }

  #take(path: string): void {
    if (this.#seen.has(path)) return;
    this.#seen.add(path);
    const file = copyPath(this.#host, this.#root, this.#tree, path);
    const bytes = this.#host.read(`${this.#root}${file}`);
    if (!isElf(bytes)) throw new MondoError("format", msg`the library ${path} is not an ELF file`, { data: { path } });
    this.addFor(path, bytes);
  }

  #find(name: string, elf: ElfFile, of: string): string | undefined {
    if (name.includes("/")) return this.#host.exists(`${this.#root}${name}`) ? name : undefined;
    const origin = of.slice(0, of.lastIndexOf("/"));
    const own = (elf.runpath.length > 0 ? elf.runpath : elf.rpath).map((directory) =>
      directory.replace(/\$(ORIGIN|\{ORIGIN\})/g, origin),
    );
    const key = `${elf.machine}:${own.join(":")}:${name}`;
    if (!this.#found.has(key)) this.#found.set(key, this.#search(name, elf, own));
    return this.#found.get(key);
  }

  #search(name: string, elf: ElfFile, own: readonly string[]): string | undefined {
    const directories = [...own, ...this.#configured, ...(DEFAULT_DIRECTORIES[elf.machine] ?? ["/lib64", "/lib"])];
    for (const directory of directories) {
      const path = `${directory}/${name}`;
      const file = findWithin(this.#host, this.#root, path);
      if (file === undefined) continue;
      // An earlier directory may have a 32-bit library of that name: skip it, as the loader does.
      const head = this.#host.readAt(`${this.#root}${file}`, 0, 20);
      const machine = head.byteLength === 20 ? (head[18] ?? 0) | ((head[19] ?? 0) << 8) : 0;
      if (isElf(head) && machine === elf.machine) return path;
    }
    return undefined;
  }
}
