import * as v from "valibot";
import { toHex, viewOf } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { type LuksHeader, type LuksPbkdf, type LuksReader, type LuksSlot, luksText } from "./luks-header.ts";

/** Bytes of the binary part; the JSON text follows it. */
const BINARY_BYTES = 4096;
/**
 * Sizes that one copy of the metadata may have; the second copy follows the first. Source: LUKS2 specification, table
 * 1.
 */
const COPY_BYTES = Array.from({ length: 9 }, (_, power) => 16384 << power);
const MAGIC = { first: "LUKS\xba\xbe", second: "SKUL\xba\xbe" } as const;
const CHECKSUM_AT = 448;
const CHECKSUM_BYTES = 64;

/** Numbers of 64 bits are decimal text in this JSON. */
const big = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const kdf = v.variant("type", [
  v.looseObject({ type: v.literal("pbkdf2"), hash: v.string(), iterations: whole }),
  v.looseObject({ type: v.literal("argon2i"), time: whole, memory: whole, cpus: whole }),
  v.looseObject({ type: v.literal("argon2id"), time: whole, memory: whole, cpus: whole }),
]);
const schema = v.object({
  keyslots: v.record(
    v.string(),
    v.looseObject({
      type: v.string(),
      key_size: whole,
      af: v.optional(v.looseObject({ hash: v.string() })),
      area: v.looseObject({ encryption: v.optional(v.string()), key_size: v.optional(whole) }),
      kdf: v.optional(kdf),
    }),
  ),
  tokens: v.optional(v.record(v.string(), v.looseObject({ type: v.string() })), {}),
  segments: v.record(
    v.string(),
    v.looseObject({
      type: v.string(),
      offset: big,
      size: v.string(),
      iv_tweak: v.optional(v.string(), "0"),
      encryption: v.optional(v.string(), ""),
      sector_size: v.optional(whole, 512),
      integrity: v.optional(v.unknown()),
    }),
  ),
  digests: v.record(
    v.string(),
    v.looseObject({ keyslots: v.array(v.string()), segments: v.array(v.string()), hash: v.optional(v.string()) }),
  ),
  config: v.looseObject({
    keyslots_size: big,
    flags: v.optional(v.array(v.string()), []),
    requirements: v.optional(v.looseObject({ mandatory: v.optional(v.array(v.string()), []) })),
  }),
});
type Metadata = v.InferOutput<typeof schema>;

interface Copy {
  readonly sequence: bigint;
  readonly sizeBytes: number;
  readonly binary: Uint8Array;
  readonly metadata: Metadata;
}

function isSound(bytes: Uint8Array): boolean {
  const algorithm = luksText(bytes.subarray(72, 104));
  if (algorithm !== "sha256" && algorithm !== "sha512" && algorithm !== "sha1") return false;
  const cleared = Uint8Array.from(bytes);
  cleared.fill(0, CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES);
  const sum = new Bun.CryptoHasher(algorithm).update(cleared).digest("hex");
  return toHex(bytes.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES)).startsWith(sum);
}

function parseMetadata(text: string): Metadata | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** One copy, when its magic, place, checksum and text are right. */
function readCopy(read: LuksReader, at: number): Copy | undefined {
  const binary = read(at, BINARY_BYTES);
  if (binary.byteLength < BINARY_BYTES) return undefined;
  const view = viewOf(binary);
  const magic = String.fromCharCode(...binary.subarray(0, 6));
  if (magic !== (at === 0 ? MAGIC.first : MAGIC.second) || view.getUint16(6) !== 2) return undefined;
  const sizeBytes = Number(view.getBigUint64(8));
  if (!COPY_BYTES.includes(sizeBytes) || (at !== 0 && at !== sizeBytes)) return undefined;
  if (view.getBigUint64(256) !== BigInt(at)) return undefined;
  const whole = read(at, sizeBytes);
  if (whole.byteLength < sizeBytes || !isSound(whole)) return undefined;
  const metadata = parseMetadata(luksText(whole.subarray(BINARY_BYTES)));
  return metadata && { sequence: view.getBigUint64(16), sizeBytes, binary, metadata };
}

/** The newer of the copies that are whole: as cryptsetup chooses. */
function bestCopy(read: LuksReader): Copy | undefined {
  const first = readCopy(read, 0);
  for (const at of first ? [first.sizeBytes] : COPY_BYTES) {
    const second = readCopy(read, at);
    if (second) return first && first.sequence >= second.sequence ? first : second;
  }
  return first;
}

function pbkdfOf(stored: NonNullable<Metadata["keyslots"][string]["kdf"]>): LuksPbkdf {
  if (stored.type === "pbkdf2") return { type: "pbkdf2", hash: stored.hash, iterations: stored.iterations };
  return { type: stored.type, iterations: stored.time, memoryKib: stored.memory, threads: stored.cpus };
}

function slotsOf({ keyslots, digests }: Metadata, segment: string): LuksSlot[] {
  const bound = new Set(
    Object.values(digests).flatMap((digest) => (digest.segments.includes(segment) ? digest.keyslots : [])),
  );
  const slots = Object.entries(keyslots).flatMap(([number, slot]): LuksSlot[] => {
    if (!bound.has(number) || slot.type !== "luks2" || !slot.kdf) return [];
    const { encryption: cipher, key_size: keyBytes } = slot.area;
    const own = { ...(cipher === undefined ? {} : { cipher }), ...(keyBytes === undefined ? {} : { keyBytes }) };
    return [{ number: Number(number), pbkdf: pbkdfOf(slot.kdf), ...own }];
  });
  return slots.sort((a, b) => a.number - b.number);
}

const REQUIREMENTS: Readonly<Record<string, string>> = {
  "offline-reencrypt": stored`that is being re-encrypted`,
  "online-reencrypt": stored`that is being re-encrypted`,
  opal: stored`encrypted by the disk itself (OPAL)`,
  "inline-hw-tags": stored`with tags in the disk's own metadata`,
};

function obstacleOf({ segments, config }: Metadata, slots: readonly LuksSlot[]): string | undefined {
  const [required] = config.requirements?.mandatory ?? [];
  if (required !== undefined)
    return (
      REQUIREMENTS[required.replace(/-v\d+$/, "")] ?? stored`that needs ${required}, which this version does not know`
    );
  const all = Object.values(segments);
  const [segment] = all;
  if (!segment || all.length > 1) return stored`of ${all.length} segments`;
  if (segment.type !== "crypt") return stored`with a segment of type ${segment.type}`;
  if (segment.integrity !== undefined) return stored`with integrity protection (dm-integrity)`;
  if (segment.offset === 0) return stored`whose header lies apart from its data`;
  if (segment.size !== "dynamic" || segment.iv_tweak !== "0") return stored`of a fixed size or with shifted sectors`;
  return slots.length === 0 ? stored`without a key slot in use` : undefined;
}

/** The header of LUKS2 out of its two copies. Source: LUKS2 On-Disk Format Specification 1.1.1. Throws nothing. */
export function decodeLuks2Header(read: LuksReader): LuksHeader | undefined {
  const copy = bestCopy(read);
  const [id, segment] = Object.entries(copy?.metadata.segments ?? {})[0] ?? [];
  if (!copy || id === undefined || !segment) return undefined;
  const { binary, metadata, sizeBytes } = copy;
  const text = (at: number, length: number) => luksText(binary.subarray(at, at + length));
  const slots = slotsOf(metadata, id);
  const first = Object.entries(metadata.keyslots).find(([number]) => Number(number) === slots[0]?.number)?.[1];
  const obstacle = obstacleOf(metadata, slots);
  const [label, uuid, subsystem] = [text(24, 48), text(168, 40), text(208, 48)];
  return {
    version: 2,
    uuid,
    ...(label === "" ? {} : { label }),
    ...(subsystem === "" ? {} : { subsystem }),
    cipher: segment.encryption,
    keyBytes: first?.key_size ?? 0,
    sectorBytes: segment.sector_size,
    hash: first?.af?.hash ?? "sha256",
    dataOffsetBytes: segment.offset,
    slots,
    flags: metadata.config.flags,
    tokens: [...new Set(Object.values(metadata.tokens).map((token) => token.type))],
    metadataBytes: sizeBytes,
    keyslotsBytes: metadata.config.keyslots_size,
    ...(obstacle === undefined ? {} : { obstacle }),
  };
}
