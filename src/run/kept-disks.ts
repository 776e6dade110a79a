import { msg } from "../base/message.ts";
import { closeToWrites } from "../host/close-to-writes.ts";
import type { Host } from "../host/host.ts";
import type { Plan } from "../plan/restore-plan.ts";

/** Places in a line of /sys/block/…/stat. Source: Documentation/block/stat.rst. */
const WRITTEN_SECTORS = 6;
const DISCARDED_SECTORS = 13;

/** Directory of a block device in sysfs, by its number: names may be those of links. */
function sysOf(host: Host, path: string): string | undefined {
  const stat = host.stat(path);
  return stat?.kind === "block" ? host.realPath(`/sys/dev/block/${stat.rdev}`) : undefined;
}

/** Sectors of 512 bytes that the kernel has written to a device, or discarded on it, since it is there. */
function sectorsWritten(host: Host, path: string): number {
  const fields = (host.tryReadText(`${sysOf(host, path) ?? ""}/stat`) ?? "").trim().split(/\s+/).map(Number);
  return (fields[WRITTEN_SECTORS] ?? 0) + (fields[DISCARDED_SECTORS] ?? 0);
}

/** The disk's partitions in sysfs. */
function partitionsIn(host: Host, directory: string): string[] {
  return host.list(directory).filter((name) => host.exists(`${directory}/${name}/partition`));
}

/** Whether a volume runs on the disk: one that is written to must be able to note that. */
function isHeld(host: Host, directory: string): boolean {
  const places = [directory, ...partitionsIn(host, directory).map((name) => `${directory}/${name}`)];
  return places.some((place) => host.list(`${place}/holders`).length > 0);
}

/** Disks that a restore leaves as they are: closed while it runs, and watched. */
export class KeptDisks {
  readonly #host: Host;
  readonly #before: Map<string, number>;
  /** Devices that were closed, each with its disk. */
  #closed: { readonly disk: string; readonly device: string }[] = [];
  /** What was written to disks before they were handed over. */
  readonly #earlier: string[] = [];

  constructor(host: Host, plan: Pick<Plan, "kept">) {
    this.#host = host;
    this.#before = new Map((plan.kept?.disks ?? []).map(({ path }) => [path, sectorsWritten(host, path)]));
  }

  /** Closes a disk and its partitions to writes. False: it stays open, because a volume runs on it. */
  close(path: string): boolean {
    const directory = sysOf(this.#host, path);
    if (directory === undefined || isHeld(this.#host, directory)) return false;
    const devices = [path, ...partitionsIn(this.#host, directory).map((name) => `/dev/${name}`)];
    // One that is read-only by itself stays so afterwards.
    const isOpen = (device: string) => this.#host.tryReadText(`${sysOf(this.#host, device) ?? ""}/ro`)?.trim() === "0";
    for (const device of devices.filter(isOpen))
      if (closeToWrites(device, true)) this.#closed.push({ disk: path, device });
    return !isOpen(path);
  }

  /** Opens disks that are written to from now on, as was agreed to; the others stay closed, and watched. */
  handOver(paths: readonly string[]): void {
    this.#earlier.push(...this.#written().flatMap(([path, text]) => (paths.includes(path) ? [text] : [])));
    for (const path of paths) this.#before.delete(path);
    this.#openOf((disk) => paths.includes(disk));
  }

  /** Opens again what was closed. */
  open(): void {
    this.#openOf(() => true);
  }

  /** Disks that were written to all the same, a sentence each. */
  defects(): string[] {
    return [...this.#earlier, ...this.#written().map(([, text]) => text)];
  }

  #openOf(isMeant: (disk: string) => boolean): void {
    for (const { device } of this.#closed.filter(({ disk }) => isMeant(disk)).reverse()) closeToWrites(device, false);
    this.#closed = this.#closed.filter(({ disk }) => !isMeant(disk));
  }

  /** Disks that were written to, each with a sentence. */
  #written(): [path: string, text: string][] {
    return [...this.#before].flatMap(([path, before]): [string, string][] => {
      const sectors = sectorsWritten(this.#host, path) - before;
      if (sectors === 0) return [];
      const what =
        sectors < 0 ? msg`was taken out or started anew meanwhile` : msg`${sectors} sectors of it were written`;
      return [[path, msg`${path} was to be kept as it is, but ${what}`]];
    });
  }
}
