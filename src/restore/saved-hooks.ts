/** Programs that a set brings for its own restore: of the machine that was backed up, signed as the set is. */

import { HOOK_PREFIX, type Manifest } from "../archive/set/manifest.ts";
import { manifestFlaw } from "../archive/set/signature.ts";
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { MIB } from "../base/units.ts";
import { sha256 } from "../host/compress.ts";
import { type Hook, hookHead, isHookName } from "../run/find-hooks.ts";
import type { Hooks } from "../run/run-hooks.ts";
import type { RestoreContext } from "./context.ts";

/** In memory, for as long as the machine runs from it. */
const PLACE = "/run/mondo/hooks";
const LARGEST = 16 * MIB;

const refused = (message: string): MondoError =>
  new MondoError("refused", message, {
    hint: msg`Nothing was written. Use another copy of the backup, or restore without its programs (boot word mondo.no-hooks).`,
  });

/** A program as the manifest has it; what lies beside it in the set may be another. */
function contentOf({ host, setDirectory, locate }: RestoreContext, info: NonNullable<Manifest["hooks"]>[number]) {
  const { name, sizeBytes } = info;
  if (sizeBytes > LARGEST) throw refused(msg`the program ${name} of the backup is too large`);
  const file = `${setDirectory}/${name}`;
  const stat = locate ? undefined : host.lstat(file);
  const here = stat?.kind === "file" ? { path: file, offset: 0, sizeBytes: stat.sizeBytes } : undefined;
  const span = locate ? locate(name) : here;
  const bytes = span?.sizeBytes === sizeBytes ? host.readAt(span.path, span.offset, sizeBytes) : undefined;
  if (bytes && sha256(bytes) === info.sha256) return bytes;
  throw refused(msg`the program ${name} of the backup is missing, or is not what was written`);
}

/** Names of programs that this restore would call. */
export function savedHookNames({
  manifest,
  hooks = "no",
}: Pick<RestoreContext, "manifest" | "hooks">): readonly string[] {
  return hooks === "no" ? [] : (manifest.hooks ?? []).map(({ name }) => name.slice(HOOK_PREFIX.length));
}

/**
 * Makes the programs that the set brings ready to be called, unless nobody wants them. Those of a set that none of the
 * trusted keys has signed are refused, whatever a person said of the set itself. Throws `refused` where one is not what
 * was written: nothing has been written yet.
 */
export function savedHooks(context: RestoreContext, disks: readonly string[]): Hooks {
  const { host, manifest, trusted, setDirectory, reporter, root } = context;
  const facts = { HOST: manifest.host.name, SET: manifest.set, ROOT: root, DISKS: disks.join("\n") };
  const none: Hooks = { found: [], facts };
  const names = savedHookNames(context);
  if (names.length === 0) {
    const left = manifest.hooks ?? [];
    if (left.length > 0) reporter.info(msg`The backup brings ${left.length} programs of its own, which are not called`);
    return none;
  }
  const flaw = trusted && manifestFlaw(manifest, trusted, setDirectory);
  if (flaw !== undefined) {
    reporter.warn(msg`Its programs (${names.join(", ")}) are not called: ${flaw}`);
    return none;
  }
  host.remove(PLACE);
  host.makeDirectory(PLACE, 0o700);
  const found = (manifest.hooks ?? []).map((info): Hook => {
    const name = info.name.slice(HOOK_PREFIX.length);
    if (!isHookName(name)) throw refused(msg`"${name}" is no name of a program that a backup brings`);
    const path = `${PLACE}/${name}`;
    const bytes = contentOf(context, info);
    host.write(path, bytes, 0o700);
    return { name, path, ...hookHead(path, decodeText(bytes.subarray(0, 4096))) };
  });
  return { found: found.sort((a, b) => (a.name < b.name ? -1 : 1)), facts };
}
