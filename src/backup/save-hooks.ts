import { HOOK_PREFIX } from "../archive/set/manifest.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { MIB } from "../base/units.ts";
import { sha256 } from "../host/compress.ts";
import type { Host } from "../host/host.ts";
import { isOfRestore } from "../run/find-hooks.ts";
import type { Hooks } from "../run/run-hooks.ts";

/** Each lies in memory where it is run, on a machine with little of it. */
const LARGEST = 16 * MIB;

/** Bytes that they take on each medium. */
export const hookBytesOf = (host: Pick<Host, "stat">, hooks: Hooks | undefined): number =>
  (hooks?.found ?? []).filter(isOfRestore).reduce((sum, { path }) => sum + (host.stat(path)?.sizeBytes ?? 0), 0);

/** Puts the programs that a restore calls into the set's directory: those that name one of its moments. */
export function saveHooks(host: Host, hooks: Hooks | undefined, directory: string): readonly VolumeInfo[] {
  return (hooks?.found ?? []).filter(isOfRestore).map(({ name, path }) => {
    const bytes = host.read(path);
    if (bytes.byteLength > LARGEST) {
      throw new MondoError(
        "refused",
        msg`the hook ${path} is too large to be put into a backup (${bytes.byteLength} bytes)`,
        {
          hint: msg`Let it be a script that calls what it needs from the restored system.`,
        },
      );
    }
    const file = `${HOOK_PREFIX}${name}`;
    host.write(`${directory}/${file}`, bytes, 0o600);
    return { name: file, sizeBytes: bytes.byteLength, sha256: sha256(bytes) };
  });
}
