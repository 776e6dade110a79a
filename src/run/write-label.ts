import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { EffectOf } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";

/** Writes a label where the driver of the file system wants it. Throws `system` when there is no place for it. */
export function writeLabel(host: Host, { path, type, label }: EffectOf<"label">): void {
  const read = (offset: number, length: number) => host.readAt(path, offset, length);
  const writes = filesystemDriver(type)?.labelWrites?.(read, label) ?? [];
  if (writes.length === 0) throw new MondoError("system", msg`${path} has no place for the label of a ${type}`);
  for (const { offset, bytes } of writes) host.writeAt(path, offset, bytes);
}
