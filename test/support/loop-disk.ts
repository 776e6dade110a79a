import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

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

/** Whether something holds within ten seconds. */
function sooner(holds: () => boolean): boolean {
  for (let tries = 0; tries < 100; tries += 1) {
    if (holds()) return true;
    Bun.sleepSync(100);
  }
  return false;
}

/** Attaches a file as a loop device with partitions. */
export function attachLoop(
  file: string,
  sectorBytes = 512,
): { path: string; tellPartitions: () => void; detach: () => void } {
  const path = sh(["losetup", "-f", "--show", "-P", "-b", String(sectorBytes), file]).trim();
  return {
    path,
    // Kernels without parsers for partition tables (some microVMs) have to be told.
    // (partx -u gives up at the first gap in numbering.)
    tellPartitions() {
      const { partitiontable } = JSON.parse(sh(["sfdisk", "-J", path])) as {
        partitiontable: { partitions: { node: string; start: number; size: number; type: string }[] };
      };
      for (const { node, start, size, type } of partitiontable.partitions) {
        const number = node.slice(path.length + 1);
        const shown = ["5", "f", "85"].includes(type) ? 2 : size;
        const unit = sectorBytes / 512;
        if (!existsSync(node)) sh(["addpart", path, number, String(start * unit), String(shown * unit)]);
      }
    },
    detach() {
      const sys = `/sys/class/block/${basename(path)}`;
      const hasParts = () => readdirSync(sys).some((name) => name.startsWith(`${basename(path)}p`));
      const partsGone = () => spawnSync("partx", ["-d", path]).status === 0 || !hasParts();
      // Whoever looks at all devices of the machine just then holds them open.
      if (!sooner(partsGone)) throw new Error(`the partitions of ${path} are in use`);
      sh(["losetup", "-d", path]);
      sooner(() => !existsSync(`${sys}/loop/backing_file`));
    },
  };
}

let loops: boolean | undefined;

/** Whether loop devices can be made here (root, not in a locked-down container): tried once. */
export function canLoop(): boolean {
  loops ??= tryLoop();
  return loops;
}

function tryLoop(): boolean {
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
