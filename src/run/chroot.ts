import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import { makeBlockLinks } from "./block-links.ts";
import { resolveBelow } from "./resolve-below.ts";

const COMMAND_LINE = "/run/mondo/command-line";

/** What a command inside the restored system needs of the running kernel. */
const BINDS = ["/proc", "/sys", "/dev", "/run"];
const EFIVARS = "/sys/firmware/efi/efivars";

/** Mount points at or below a path, innermost and latest first; as often as something is mounted at each. */
export function mountsBelow(host: Host, path: string): string[] {
  const lines = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "", "all");
  return lines
    .map((line) => line.path)
    .filter((at) => at === path || at.startsWith(`${path}/`))
    .reverse();
}

/** Unmounts everything at and below a path. A mount that stays busy for 5 s is an error, or is detached if `lazy`. */
export async function unmountTree(host: Host, path: string, lazy = false): Promise<void> {
  for (const at of mountsBelow(host, path)) await unmountPatiently(host, at, lazy);
}

/** A tool that has just ended may keep a mount busy for a moment. */
async function unmountPatiently(host: Host, path: string, lazy: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      host.unmount(path, { lazy: lazy && attempt > 3 });
      return;
    } catch (error) {
      if (attempt >= 10) throw error;
      await host.sleep(500);
    }
  }
}

/** Binds the kernel's file systems into a restored system; skips those that are bound already. */
export function openChroot(host: Host, root: string): void {
  makeBlockLinks(host);
  const mounted = new Set(mountsBelow(host, root));
  const sources = [...BINDS, ...(host.list(EFIVARS).length > 0 ? [EFIVARS] : [])];
  for (const source of sources) {
    const target = resolveBelow(host, root, `${root}${source}`);
    if (mounted.has(target)) continue;
    if (source !== EFIVARS) host.makeDirectory(target);
    host.mount({ source, target, type: "none", flags: ["bind"] });
  }
}

/** Unmounts them again. */
export async function closeChroot(host: Host, root: string): Promise<void> {
  for (const source of [...BINDS].reverse())
    await unmountTree(host, resolveBelow(host, root, `${root}${source}`), true);
}

/**
 * Lets /proc/cmdline inside an open restored system say this instead of what the running kernel was started with: tools
 * write that into boot menus. Returns what ends it.
 */
export function coverCommandLine(host: Host, root: string, text: string): () => void {
  const proc = resolveBelow(host, root, `${root}/proc`);
  host.makeDirectory(COMMAND_LINE.slice(0, COMMAND_LINE.lastIndexOf("/")));
  host.write(COMMAND_LINE, `${text}\n`, 0o600);
  // Otherwise the mount would spread to the /proc that it is bound from.
  host.mount({ source: "none", target: proc, type: "none", flags: ["private"] });
  host.mount({ source: COMMAND_LINE, target: `${proc}/cmdline`, type: "none", flags: ["bind"] });
  return () => host.unmount(`${proc}/cmdline`, { lazy: true });
}
