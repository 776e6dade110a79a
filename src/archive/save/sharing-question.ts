import type { ByteString } from "../../base/bytes.ts";
import { type FileStat, fileSystemMagic } from "../../host/fs-calls.ts";
import { mayShareBlocks } from "../../host/reflink.ts";
import type { Directories } from "../tree/directories.ts";
import { deviceOf } from "../tree/live-file.ts";
import { parentOf } from "../tree/paths.ts";
import { deviceKeyOf } from "./shared-ranges.ts";

/** Files that are as they were are opened for this question alone: only where it may matter. */
const MATTERS_BYTES = 1 << 20;

/** Whether a file that a parent has is to be asked what it shares by now. */
export class SharingQuestion {
  readonly #busy: ReadonlySet<string>;
  readonly #directories: Directories;
  readonly #able = new Map<number, boolean>();

  /** Devices (`8:1`) on which files of any size are asked. */
  constructor(busy: readonly string[], directories: Directories) {
    this.#busy = new Set(busy);
    this.#directories = directories;
  }

  isToBeAsked(path: ByteString, stat: FileStat): boolean {
    const taken = stat.blocks * 512;
    if (taken === 0) return false;
    return this.#busy.has(deviceKeyOf(stat)) || (taken >= MATTERS_BYTES && this.#isAble(path, stat));
  }

  #isAble(path: ByteString, stat: FileStat): boolean {
    const device = deviceOf(stat);
    const known = this.#able.get(device);
    if (known !== undefined) return known;
    const parent = this.#directories.open(parentOf(path));
    const able = parent >= 0 && mayShareBlocks(fileSystemMagic(parent));
    this.#able.set(device, able);
    return able;
  }
}
