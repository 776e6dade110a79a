import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a command to its end; throws with its output when it fails. */
export function sh(argv: readonly string[], input?: string): string {
  const [command = "", ...args] = argv;
  const result = spawnSync(command, args, { encoding: "utf8", ...(input === undefined ? {} : { input }) });
  if (result.status !== 0) throw new Error(`${argv.join(" ")}: ${result.status} ${result.stderr} ${result.stdout}`);
  return result.stdout;
}

/** A directory for images that is removed again. */
export function scratch(): { path: string; image: (name: string, bytes: number) => string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "mondo-storage-"));
  const image = (name: string, bytes: number) => {
    const file = join(path, name);
    writeFileSync(file, "");
    truncateSync(file, bytes);
    return file;
  };
  return { path, image, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Attaches a file as a loop device with partitions. */
export function attachLoop(file: string, sectorBytes = 512): { path: string; detach: () => void } {
  const path = sh(["losetup", "-f", "--show", "-P", "-b", String(sectorBytes), file]).trim();
  return { path, detach: () => void sh(["losetup", "-d", path]) };
}

/** Whether loop devices can be made here (root, not in a locked-down container). */
export function canLoop(): boolean {
  const place = scratch();
  try {
    attachLoop(place.image("probe", 1 << 20)).detach();
    return true;
  } catch {
    return false;
  } finally {
    place.remove();
  }
}
