import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Tree } from "./tree.ts";

/** How the dynamic loader, the kernel or chroot(1) say that a program can't start here. */
const CANNOT_START = [
  /error while loading shared libraries/,
  /symbol lookup error/,
  /version `[^']+' not found/,
  /failed to run command/,
  /cannot execute/,
  /bad interpreter/,
  /[Ee]xec format error/,
];
const AT_ONCE = 4;
const PREFIX = "prove-";
const LEFTOVER_MS = 3_600_000;

/** Removes trees of runs that were killed. A recent one may belong to another run. */
function dropLeftovers(host: Host, scratch: string): void {
  for (const name of host.list(scratch).filter((entry) => entry.startsWith(PREFIX))) {
    const age = host.nowMs() - (host.stat(`${scratch}/${name}`)?.mtimeMs ?? 0);
    if (age > LEFTOVER_MS) host.remove(`${scratch}/${name}`);
  }
}

/** Writes a tree below a directory. Files are copied, so nothing in it shares bytes with the live system. */
export function materialise(host: Host, tree: Tree, directory: string): void {
  host.makeDirectory(directory);
  for (const [path, node] of tree.entries()) {
    const at = `${directory}/${path}`;
    if (node.kind === "directory") host.makeDirectory(at, node.mode | 0o700);
    else if (node.kind === "link") host.symlink(node.target, at);
    else if (node.kind === "bytes") host.write(at, node.bytes, node.mode);
    else if (node.kind === "file") host.copy(node.source, at);
    else host.makeNode(at, "char", node.major, node.minor, node.mode);
  }
}

async function proveTool(host: Host, directory: string, path: string): Promise<string | undefined> {
  const result = await host.run({
    argv: [path, "--version"],
    chroot: directory,
    // Resolve all symbols: a library that is too old must fail now, not in the middle of a restore.
    env: { LD_BIND_NOW: "1" },
    accept: "any",
    // A busy machine may be slow.
    timeoutMs: 120_000,
  });
  const said = `${result.stderr}\n${result.stdout}`;
  const reason = said.split("\n").find((line) => CANNOT_START.some((pattern) => pattern.test(line)));
  return reason === undefined ? undefined : `${path}: ${reason.trim()}`;
}

/**
 * Starts each tool once in a copy of the finished tree (chroot, `--version`, any exit status) and throws `tool-missing`
 * for those that the loader refuses: what starts here starts in the rescue.
 */
export async function proveTools(host: Host, tree: Tree, tools: readonly string[], scratch: string): Promise<void> {
  dropLeftovers(host, scratch);
  const directory = `${scratch}/${PREFIX}${crypto.randomUUID()}`;
  try {
    materialise(host, tree, directory);
    const defects: string[] = [];
    const queue = [...tools];
    const work = async () => {
      for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
        const defect = await proveTool(host, directory, path);
        if (defect !== undefined) defects.push(defect);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (defects.length === 0) return;
    throw new MondoError(
      "tool-missing",
      msg`these tools do not start inside the rescue image: ${defects.sort().join("; ")}`,
      {
        hint: msg`Reinstall the packages that own them.`,
        data: { defects },
      },
    );
  } finally {
    host.remove(directory);
  }
}
