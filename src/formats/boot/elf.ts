import { decodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** What the dynamic loader reads of an executable or a library. */
export interface ElfFile {
  readonly bits: 32 | 64;
  /** e_machine: 62 x86-64, 183 aarch64, 3 i386. */
  readonly machine: number;
  readonly interpreter?: string;
  readonly soname?: string;
  /** DT_NEEDED, in order. */
  readonly needed: readonly string[];
  /** DT_RPATH and DT_RUNPATH, split at colons, `$ORIGIN` unexpanded. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
}

const PT = { load: 1, dynamic: 2, interp: 3 } as const;
const DT = { end: 0, needed: 1, strtab: 5, soname: 14, rpath: 15, runpath: 29 } as const;

/** Whether the bytes begin as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

interface Reader {
  readonly bits: 32 | 64;
  u16(at: number): number;
  u32(at: number): number;
  /** An address, offset or size: 4 or 8 bytes by class. */
  word(at: number): number;
}

function readerOf(bytes: Uint8Array, name: string): Reader {
  if (!isElf(bytes)) throw new MondoError("format", msg`${name} is not an ELF file`);
  const view = viewOf(bytes);
  const bits = bytes[4] === 2 ? 64 : 32;
  const little = bytes[5] !== 2;
  const inside = (at: number, length: number) => {
    if (!(at >= 0 && at + length <= bytes.byteLength)) {
      throw new MondoError("format", msg`${name} is a damaged ELF file: it refers to byte ${at} beyond its end`);
    }
    return at;
  };
  return {
    bits,
    u16: (at) => view.getUint16(inside(at, 2), little),
    u32: (at) => view.getUint32(inside(at, 4), little),
    word: (at) =>
      bits === 64 ? Number(view.getBigUint64(inside(at, 8), little)) : view.getUint32(inside(at, 4), little),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

function segmentsOf(r: Reader): Segment[] {
  const wide = r.bits === 64;
  const table = r.word(wide ? 32 : 28);
  const size = r.u16(wide ? 54 : 42);
  const count = r.u16(wide ? 56 : 44);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      type: r.u32(at),
      offset: r.word(at + (wide ? 8 : 4)),
      address: r.word(at + (wide ? 16 : 8)),
      fileSize: r.word(at + (wide ? 32 : 16)),
    };
  });
}

function textAt(bytes: Uint8Array, at: number, name: string): string {
  const end = bytes.indexOf(0, at);
  if (at < 0 || at >= bytes.byteLength || end < 0) {
    throw new MondoError("format", msg`${name} is a damaged ELF file: a name lies outside of it`);
  }
  return decodeText(bytes.subarray(at, end));
}

function dynamicOf(r: Reader, segment: Segment): [tag: number, value: number][] {
  const step = r.bits / 4;
  const out: [number, number][] = [];
  for (let at = segment.offset; at + step <= segment.offset + segment.fileSize; at += step) {
    const tag = r.word(at);
    if (tag === DT.end) break;
    out.push([tag, r.word(at + step / 2)]);
  }
  return out;
}

/**
 * Reads headers and the dynamic section. Throws `format` for anything else. Source: System V gABI, chapters 4 and 5.
 */
export function parseElf(bytes: Uint8Array, name: string): ElfFile {
  const r = readerOf(bytes, name);
  const segments = segmentsOf(r);
  const interp = segments.find((s) => s.type === PT.interp);
  const dynamicSegment = segments.find((s) => s.type === PT.dynamic);
  const dynamic = dynamicSegment ? dynamicOf(r, dynamicSegment) : [];
  const strtab = dynamic.find(([tag]) => tag === DT.strtab)?.[1] ?? 0;
  const home = segments.find((s) => s.type === PT.load && strtab >= s.address && strtab < s.address + s.fileSize);
  const stringsAt = home ? strtab - home.address + home.offset : strtab;
  const strings = (wanted: number) =>
    dynamic.filter(([tag]) => tag === wanted).map(([, value]) => textAt(bytes, stringsAt + value, name));
  const paths = (wanted: number) => strings(wanted).flatMap((text) => text.split(":").filter((part) => part !== ""));
  const soname = strings(DT.soname)[0];
  return {
    bits: r.bits,
    machine: r.u16(18),
    ...(interp ? { interpreter: textAt(bytes, interp.offset, name) } : {}),
    ...(soname === undefined ? {} : { soname }),
    needed: strings(DT.needed),
    rpath: paths(DT.rpath),
    runpath: paths(DT.runpath),
  };
}

/** The bytes of a section by its name; `undefined` when there is none. */
export function elfSection(bytes: Uint8Array, wanted: string, name: string): Uint8Array | undefined {
  const r = readerOf(bytes, name);
  const wide = r.bits === 64;
  const table = r.word(wide ? 40 : 32);
  const size = r.u16(wide ? 58 : 46);
  const count = r.u16(wide ? 60 : 48);
  const offsetOf = (index: number) => r.word(table + index * size + (wide ? 24 : 16));
  const namesAt = count === 0 ? 0 : offsetOf(r.u16(wide ? 62 : 50));
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    if (textAt(bytes, namesAt + r.u32(at), name) !== wanted) continue;
    const length = r.word(at + (wide ? 32 : 20));
    const offset = offsetOf(index);
    if (offset + length > bytes.byteLength) {
      throw new MondoError("format", msg`${name} is a damaged ELF file: its section ${wanted} lies outside of it`);
    }
    return bytes.subarray(offset, offset + length);
  }
  return undefined;
}
