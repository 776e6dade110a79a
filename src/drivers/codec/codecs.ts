import type { Codec, CodecName } from "./codec.ts";
import { gzipCodec } from "./gzip.ts";
import { noCodec } from "./no-codec.ts";
import { xzCodec } from "./xz.ts";
import { zstdCodec } from "./zstd.ts";

/** Every codec, the usual one first. */
export const codecs: readonly Codec[] = [zstdCodec, gzipCodec, xzCodec, noCodec];

/** The codec of a set; sets that name none are of the first version and have zstd's. */
export function codecNamed(name: CodecName = "zstd"): Codec {
  return codecs.find(({ type }) => type === name) ?? zstdCodec;
}
