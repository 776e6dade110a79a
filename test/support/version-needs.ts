import { elfSection, isElf } from "../../src/formats/boot/elf.ts";

/** What an ELF file needs of a library: `{ library: "libc.so.6", version: "GLIBC_2.14" }`. */
export interface VersionNeed {
  readonly library: string;
  readonly version: string;
}

const textAt = (strings: Uint8Array, at: number) =>
  new TextDecoder().decode(strings.subarray(at, strings.indexOf(0, at)));

/** The versions in .gnu.version_r of a 64-bit little-endian ELF file. Source: LSB Core, "Symbol Versioning". */
export function versionNeeds(bytes: Uint8Array, name: string): readonly VersionNeed[] {
  const section = elfSection(bytes, ".gnu.version_r", name);
  const strings = elfSection(bytes, ".dynstr", name);
  if (section === undefined || strings === undefined) return [];
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const needs: VersionNeed[] = [];
  for (let library = 0, more = true; more; ) {
    const count = view.getUint16(library + 2, true);
    let version = library + view.getUint32(library + 8, true);
    for (let i = 0; i < count; i += 1) {
      const names = { library: view.getUint32(library + 4, true), version: view.getUint32(version + 8, true) };
      needs.push({ library: textAt(strings, names.library), version: textAt(strings, names.version) });
      version += view.getUint32(version + 12, true);
    }
    const next = view.getUint32(library + 12, true);
    more = next !== 0;
    library += next;
  }
  return needs;
}

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);

/** The ELF files in a file: itself, and those that it carries. Each ends somewhere before the end of its bytes here. */
export function elfFilesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = buffer.indexOf(MAGIC); at >= 0; at = buffer.indexOf(MAGIC, at + 1)) {
    // e_type ET_EXEC or ET_DYN: not a mention of the magic number in a program.
    const file = bytes.subarray(at);
    if (isElf(file) && (file[16] === 2 || file[16] === 3) && file[17] === 0) found.push(file);
  }
  return found;
}

const numbers = (version: string) => (/_([\d.]+)$/.exec(version)?.[1] ?? "").split(".").map(Number);

/** Whether a version of symbols, `GLIBC_2.3.4`, is in the set that `newest` closes, `GLIBC_2.28`. */
export function isUpTo(version: string, newest: string): boolean {
  if (!/^[A-Z]+_\d+(\.\d+)*$/.test(version)) return false;
  const [mine, limit] = [numbers(version), numbers(newest)];
  for (let i = 0; i < Math.max(mine.length, limit.length); i += 1) {
    const difference = (mine[i] ?? 0) - (limit[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
