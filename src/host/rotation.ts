import { readFileSync, statSync } from "node:fs";
import { deviceNumber } from "./device-number.ts";

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

interface Mounted {
  readonly devno: string;
  readonly type: string;
  readonly source: string;
}

/** Source: proc(5), /proc/PID/mountinfo. */
function mounts(): Mounted[] {
  return (textOf("/proc/self/mountinfo") ?? "").split("\n").map((line) => {
    const words = line.split(" ");
    const [type = "", source = ""] = words.slice(words.indexOf("-") + 1);
    return { devno: words[2] ?? "", type, source };
  });
}

/** The number of a device file; `undefined` for any other file. */
function numberOf(path: string): string | undefined {
  const { rdev } = statSync(path, { throwIfNoEntry: false }) ?? { rdev: 0 };
  return rdev === 0 ? undefined : deviceNumber(rdev);
}

/** Which disks rotate, by the kernel; looks up each device once. */
export class Rotation {
  readonly #known = new Map<string, boolean>();

  /**
   * Whether a device (`MAJOR:MINOR`) is such a disk, or lies on one. For btrfs, whose files have device numbers of
   * their own, whether any does.
   */
  of(devno: string): boolean {
    const answer = this.#known.get(devno) ?? this.#ask(devno);
    this.#known.set(devno, answer);
    return answer;
  }

  /** Whether anything that is mounted lies on one. */
  isAny(): boolean {
    return mounts().some(({ devno, source }) => this.of(devno) || this.#isSource(source));
  }

  #ask(devno: string): boolean {
    if (devno.startsWith("0:")) return this.#isBtrfs(devno);
    const device = `/sys/dev/block/${devno}`;
    // A partition has no queue of its own.
    return (textOf(`${device}/queue/rotational`) ?? textOf(`${device}/../queue/rotational`))?.trim() === "1";
  }

  /** A number that no mount has belongs to a subvolume. */
  #isBtrfs(devno: string): boolean {
    const all = mounts();
    if (all.some((mount) => mount.devno === devno && mount.type !== "btrfs")) return false;
    return all.some(({ type, source }) => type === "btrfs" && this.#isSource(source));
  }

  #isSource(source: string): boolean {
    const number = source.startsWith("/dev/") ? numberOf(source) : undefined;
    return number !== undefined && this.of(number);
  }
}
