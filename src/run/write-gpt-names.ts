import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { EffectOf } from "../effects/effect.ts";
import { gptNameWrites } from "../formats/storage/gpt-names.ts";
import type { Host } from "../host/host.ts";

/** Writes names into the partition table on a device. Throws `system` when there is none. */
export function writeGptNames(host: Host, { path, sectorBytes, names }: EffectOf<"gptNames">): void {
  const read = (offset: number, length: number) => host.readAt(path, offset, length);
  const writes = gptNameWrites(read, sectorBytes, new Map(names.map(({ number, name }) => [number, name])));
  if (writes.length === 0) throw new MondoError("system", msg`${path} has no partition table that takes names`);
  for (const { offset, bytes } of writes) host.writeAt(path, offset, bytes);
}
