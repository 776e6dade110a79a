import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { MIB } from "../base/units.ts";
import type { Effect } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { flagsOfFd, setFlagsFd } from "../host/inode-flags.ts";
import { closeFd, errnoText, OpenFlag, openPath } from "../host/syscalls.ts";

/** chattr's C and c. Source: linux/fs.h. */
const NO_COPY_ON_WRITE = 0x800000;
const COMPRESSED = 0x4;
const PIECE = new Uint8Array(4 * MIB);

type FillEffect = Extract<Effect, { do: "fill" }>;

/** btrfs swaps only to files whose blocks stay in place, which must be set while the file is empty. */
function keepInPlace(path: string): void {
  const fd = openPath(path, OpenFlag.readWrite);
  if (fd < 0) throw new MondoError("system", msg`open ${path}: ${errnoText(-fd)}`);
  const flags = flagsOfFd(fd);
  const result = flags < 0 ? flags : setFlagsFd(fd, (flags & ~COMPRESSED) | NO_COPY_ON_WRITE);
  closeFd(fd);
  if (result < 0)
    throw new MondoError("system", msg`${path} can't be exempted from copy-on-write: ${errnoText(-result)}`);
}

/** Makes or replaces a file of zeros. They are really written: not every file system swaps to reserved blocks. */
export async function fillFile(host: Host, { path, sizeBytes, mode, inPlace }: FillEffect): Promise<void> {
  host.makeDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
  host.remove(path);
  host.write(path, "", mode);
  if (inPlace) keepInPlace(path);
  for (let done = 0; done < sizeBytes; done += PIECE.byteLength) {
    host.append(path, PIECE.subarray(0, Math.min(PIECE.byteLength, sizeBytes - done)));
    // What reports progress and reads keys must get its turn.
    await host.sleep(0);
  }
}
