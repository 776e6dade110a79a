/** What a hand-made ELF file is to contain. */
export interface TinyElf {
  readonly bits: 32 | 64;
  readonly little: boolean;
  readonly machine: number;
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  /** Content by section name. */
  readonly sections?: Readonly<Record<string, Uint8Array>>;
}

/** An ELF file with one PT_LOAD over everything at address 0x10000, a dynamic section and the given sections. */
export function tinyElf(wish: TinyElf): Uint8Array {
  const out = new Uint8Array(16384);
  const view = new DataView(out.buffer);
  const wide = wish.bits === 64;
  const base = 0x10000;
  const u16 = (at: number, value: number) => view.setUint16(at, value, wish.little);
  const u32 = (at: number, value: number) => view.setUint32(at, value, wish.little);
  const word = (at: number, value: number) =>
    wide ? view.setBigUint64(at, BigInt(value), wish.little) : u32(at, value);
  let end = 512;
  const put = (bytes: Uint8Array): number => {
    const at = end;
    out.set(bytes, at);
    end += Math.ceil((bytes.byteLength + 1) / 8) * 8;
    return at;
  };
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  out.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, wish.little ? 1 : 2, 1]);
  u16(16, 3);
  u16(18, wish.machine);

  const strings = [...(wish.needed ?? []), ...(wish.runpath === undefined ? [] : [wish.runpath])];
  const offsets: number[] = [];
  let table = "\0";
  for (const value of strings) {
    offsets.push(table.length);
    table += `${value}\0`;
  }
  const stringsAt = put(new TextEncoder().encode(table));
  const pairs: [number, number][] = (wish.needed ?? []).map((_, index) => [1, offsets[index] ?? 0]);
  if (wish.runpath !== undefined) pairs.push([29, offsets.at(-1) ?? 0]);
  pairs.push([5, base + stringsAt], [0, 0]);
  const dynamicAt = end;
  for (const [tag, value] of pairs) {
    word(end, tag);
    word(end + wish.bits / 8, value);
    end += wish.bits / 4;
  }
  const dynamicSize = end - dynamicAt;
  const interpAt = wish.interpreter === undefined ? 0 : put(text(wish.interpreter));

  const segments: [type: number, offset: number, size: number][] = [
    [1, 0, 16384],
    [2, dynamicAt, dynamicSize],
  ];
  if (interpAt > 0) segments.push([3, interpAt, (wish.interpreter ?? "").length + 1]);
  const segmentSize = wide ? 56 : 32;
  const tableAt = 64;
  segments.forEach(([type, offset, size], index) => {
    const at = tableAt + index * segmentSize;
    u32(at, type);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), base + offset);
    word(at + (wide ? 32 : 16), size);
  });
  word(wide ? 32 : 28, tableAt);
  u16(wide ? 54 : 42, segmentSize);
  u16(wide ? 56 : 44, segments.length);

  const names = [...Object.keys(wish.sections ?? {}), ".shstrtab"];
  const bodies = Object.values(wish.sections ?? {}).map((body) => [put(body), body.byteLength] as const);
  let nameTable = "\0";
  const nameOffsets = names.map((name) => {
    const at = nameTable.length;
    nameTable += `${name}\0`;
    return at;
  });
  const namesAt = put(new TextEncoder().encode(nameTable));
  const sectionSize = wide ? 64 : 40;
  const sectionsAt = end;
  [...bodies, [namesAt, nameTable.length] as const].forEach(([offset, size], index) => {
    const at = sectionsAt + index * sectionSize;
    u32(at, nameOffsets[index] ?? 0);
    word(at + (wide ? 24 : 16), offset);
    word(at + (wide ? 32 : 20), size);
    end = at + sectionSize;
  });
  word(wide ? 40 : 32, sectionsAt);
  u16(wide ? 58 : 46, sectionSize);
  u16(wide ? 60 : 48, names.length);
  u16(wide ? 62 : 50, names.length - 1);
  return out.slice(0, end);
}
