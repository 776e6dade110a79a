import type { Codec } from "../../drivers/codec/codec.ts";
/** `volume-0001.tar.zst`. */
export function volumeName(index: number, codec: Codec): string {
  return `volume-${String(index + 1).padStart(4, "0")}${codec.ending}`;
}
